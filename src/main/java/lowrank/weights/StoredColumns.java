package lowrank.weights;

import lowrank.blas.OffHeap;
import lowrank.io.checkpoint.TensorReader;

/** Columns of a matrix that is stored row by row. */
final class StoredColumns {
    /** Stored rows that are turned at a time: their columns become runs of half a kilobyte. */
    static final int STRIP = 64;

    private StoredColumns() {}

    /**
     * Doubles at {@code target} = columns {@code first .. first + count} of a stored matrix, one after the other: row by row their
     * transpose. Of each stored row one range is read.
     */
    static void read(TensorReader reader, int rows, int cols, int first, int count, long target) {
        double[] strip = new double[Math.multiplyExact(STRIP, count)];
        for (int top = 0; top < rows; top += STRIP) {
            int some = Math.min(STRIP, rows - top);
            // Whole rows lie one after the other.
            int runs = count == cols ? 1 : some;
            for (int r = 0; r < runs; r++) {
                long from = (long) (top + r) * cols + first;
                int row = r * count;
                reader.visit(
                        from,
                        (long) count * some / runs,
                        (at, tile, n) -> System.arraycopy(tile, 0, strip, row + (int) (at - from), n));
            }
            OffHeap.putTransposed(strip, some, count, target + 8L * top, rows);
        }
    }
}
