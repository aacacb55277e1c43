package lowrank.io;

import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Classes;
import lowrank.blocks.Layout;
import lowrank.blocks.PairedSource;

/**
 * A matrix, and what is known of each of its rows besides: tables of the same rows.
 *
 * @param rows the matrix
 * @param targets numbers that each row is to be told by, or its label (one column), or null
 * @param weight what each row counts (one column), or null
 * @param label the input's type of the label; null where there is none, or where only its values tell
 * @param classes of the label, or null where it has none or they are not known yet
 */
public record Examples(InputTable rows, InputTable targets, InputTable weight, Classes.Type label, Classes classes) {
    /** A matrix alone. */
    public static Examples of(InputTable rows) {
        return new Examples(rows, null, null, null, null);
    }

    /** With another table of targets, and the classes that its values stand for. */
    public Examples with(InputTable labels, Classes classes) {
        return new Examples(rows, labels, weight, classes.type(), classes);
    }

    /** Bytes of a row over all columns, where those of the matrix are of this precision. */
    public long rowBytes(Precision precision) {
        return (long) rows.cols() * precision.bytes()
                + 8L * (targets == null ? 0 : targets.cols())
                + 8L * (weight == null ? 0 : 1);
    }

    /** Bytes that a pass reads. */
    public long storedBytes() {
        return rows.storedBytes()
                + (targets == null ? 0 : targets.storedBytes())
                + (weight == null ? 0 : weight.storedBytes());
    }

    /** What the targets are called. */
    public List<String> targetNames() {
        return targets == null ? List.of() : targets.names();
    }

    /**
     * All of it side by side: the matrix, then the targets or the label, then the weight. What is not there takes no column.
     *
     * @param precision of the matrix; the rest is double
     */
    public BlockSource source(Precision precision, Layout layout) {
        BlockSource all = rows.source(precision, layout);
        if (targets != null) {
            all = new PairedSource(all, targets.source(Precision.DOUBLE, layout));
        }
        if (weight != null) {
            all = new PairedSource(all, weight.source(Precision.DOUBLE, layout));
        }
        return all;
    }
}
