package lowrank.factor;

import java.util.Arrays;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/**
 * Orthonormal columns Q = [V_0, V_1, ...] that grow by blocks.
 *
 * <p>A block is projected twice against what is there (Gram-Schmidt; "twice is enough": Giraud, Langou, Rozloznik and van den
 * Eshof, 2005). What is left may be rank deficient: a pivoted QR keeps directions with |R_jj| > {@value #DROP} times the norm of
 * the block before projection. The last of those carry old directions to 1e-16 / 1e-12, so they are projected again. Dropped
 * directions are replaced by random ones: widths, and with them the cost, are functions of the shape alone, and a start that missed
 * something gets a second chance.
 */
final class Basis {
    /** Directions below this part of the norm of their block are rounding. */
    static final double DROP = 1e-12;

    /** Streams of random numbers of this package, so that no two uses share one. */
    private static final int START = 1;

    private static final int PROBES = 2;

    private static final int WRITING = 3;

    /** The most columns of a block: addresses of blocks lie so far apart. */
    private static final int STRIDE = 1 << 16;

    private final long seed;
    private int drawn;
    private Matrix q;
    private Matrix last;

    /** A basis that begins with the span of {@code start}, filled up to {@code width} columns at random. */
    Basis(int rows, Matrix start, int width, long seed, int round) {
        this.seed = seed;
        // Rounds draw from addresses of their own: a block per power iteration.
        drawn = round * (Sketch.MOST_ITERATIONS + 1);
        q = Matrix.zeros(rows, 0);
        int given = Math.min(start.cols(), width);
        append(start.columns(given), width - given);
    }

    /** All columns. */
    Matrix q() {
        return q;
    }

    /** The columns of the last block. */
    Matrix last() {
        return last;
    }

    /** Adds {@code width} columns: those of W that are new, filled up at random. */
    void extend(Matrix w, int width) {
        double norm = Arrays.stream(w.columnNorms()).max().orElse(0);
        Matrix rest = outside(q, w);
        Dense.PivotedR pivoted = Dense.qrPivoted(rest);
        int kept = 0;
        while (kept < Math.min(width, pivoted.r().rows())
                && Math.abs(pivoted.r().get(kept, kept)) > DROP * norm) {
            kept++;
        }
        append(rest.columns(pivoted.pivots(), kept), width - kept);
    }

    private void append(Matrix directions, int fill) {
        Matrix block = directions.beside(gaussian(seed, START, q.rows(), drawn++, fill));
        for (int i = 0; i < 2; i++) {
            block = Dense.qr(outside(q, block)).q();
        }
        last = block;
        q = q.beside(block);
    }

    /** (I - Q Q^T) W, projected twice. */
    static Matrix outside(Matrix q, Matrix w) {
        if (q.cols() == 0) {
            return w;
        }
        Matrix rest = w.minus(q.times(q.transposeTimes(w)));
        return rest.minus(q.times(q.transposeTimes(rest)));
    }

    /** Probe vectors w_i, independent of every basis. */
    static Matrix probes(long seed, int rows, int round, int count) {
        return gaussian(seed, PROBES, rows, round, count);
    }

    /** Probe vectors for the pass that writes U, independent of all that U was made with. */
    static Matrix writing(long seed, int rows, int count) {
        return gaussian(seed, WRITING, rows, 0, count);
    }

    /** Standard normal numbers at (seed, stream, row, block and column). */
    private static Matrix gaussian(long seed, int stream, int rows, int block, int count) {
        Philox random = new Philox(seed, stream);
        Matrix transposed = Matrix.zeros(count, rows);
        for (int i = 0; i < rows; i++) {
            random.gaussians(i, block * STRIDE, transposed.values(), i * count, count);
        }
        return transposed.transpose();
    }
}
