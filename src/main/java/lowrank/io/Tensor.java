package lowrank.io;

import java.util.Locale;
import lowrank.blas.Precision;

/**
 * An array that is written to a file of another format.
 *
 * @param cols values per row; for a flat one 1
 * @param flat whether it has one dimension, not two
 */
public record Tensor(String name, long rows, int cols, Precision precision, boolean flat) {
    long bytes() {
        return Math.multiplyExact(Math.multiplyExact(rows, cols), precision.bytes());
    }

    /** The shape as NumPy and JSON write it, without brackets. */
    String shape() {
        return flat ? String.valueOf(rows) : String.format(Locale.ROOT, "%d, %d", rows, cols);
    }
}
