package lowrank.blocks;

import java.io.Serializable;
import java.util.List;

/** The columns of a table of rows, and what identifies a row besides its position. */
public record Schema(List<Column> columns, Ids.Type ids) implements Serializable {

    /** One column, no ids. */
    public static Schema of(Column column) {
        return new Schema(List.of(column), Ids.Type.NONE);
    }

    /** The same ids, with one other column. */
    public Schema with(Column column) {
        return new Schema(List.of(column), ids);
    }

    /** The first column: the matrix, where there is only one. */
    public Column first() {
        return columns.get(0);
    }

    /** Bytes of one row over all columns. */
    public long rowBytes() {
        return columns.stream().mapToLong(Column::rowBytes).sum();
    }
}
