package lowrank.blocks;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Precision;

/**
 * A named column of a block: a vector of {@code width} values per row; width 1 is a scalar.
 *
 * @param names what each value of a row is called where it has a name of its own, or null
 */
public record Column(String name, int width, Precision precision, List<String> names) implements Serializable {

    /** Values of a row have no names of their own. */
    public Column(String name, int width, Precision precision) {
        this(name, width, precision, null);
    }

    /** What messages call one value of a row. */
    String place(long index) {
        if (names != null) {
            return names.get((int) index);
        }
        return width == 1 ? name : name + "[" + index + "]";
    }

    /** Bytes of one row of this column. */
    public long rowBytes() {
        return (long) width * precision.bytes();
    }
}
