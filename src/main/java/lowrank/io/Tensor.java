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
    /** The shape as NumPy writes it, without brackets. */
    String shape() {
        return flat ? String.valueOf(rows) : String.format(Locale.ROOT, "%d, %d", rows, cols);
    }
}
