package lowrank.kernel;

import java.util.Arrays;
import java.util.List;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;
import lowrank.random.Philox;

/**
 * Landmarks that grow by rounds of proposals, and the Cholesky factor of their kernel, R^T R = K(L, L).
 *
 * <p>A round: with H = K(P, P) - F^T F, F = R^-T K(L, P), of the proposals P, each in turn is taken with probability h_ii / d_i, where
 * d_i was the weight it was drawn with and h_ii is what the ones taken before left of it; a step of Cholesky follows.
 */
final class Pivots {
    private final Kernel kernel;
    private final double floor;
    /** A landmark per column. */
    private Matrix points;

    private Matrix factor = Matrix.zeros(0, 0);
    private long[] rows = new long[0];
    private long proposed;

    /**
     * No landmarks yet.
     *
     * @param floor residuals below this part of k(x, x) are rounding
     */
    Pivots(Kernel kernel, int width, double floor) {
        this.kernel = kernel;
        this.floor = floor;
        points = Matrix.zeros(width, 0);
    }

    int count() {
        return rows.length;
    }

    /** Proposals looked at so far. */
    long proposed() {
        return proposed;
    }

    Matrix points() {
        return points.transpose();
    }

    Triangle factor() {
        int k = count();
        Triangle packed = new Triangle(k, new double[Triangle.entries(k)]);
        int at = 0;
        for (int j = 0; j < k; j++) {
            System.arraycopy(factor.values(), j * k, packed.values(), at, j + 1);
            at += j + 1;
        }
        return packed;
    }

    /** The first {@code kept} of them. */
    Landmarks.Chosen chosen(int kept, List<String> notes, double[] left) {
        return new Landmarks.Chosen(
                points.columns(kept).transpose(),
                Arrays.copyOf(rows, kept),
                notes,
                Arrays.copyOf(left, Math.min(kept, left.length)));
    }

    /** Takes proposals until there are {@code most} landmarks. */
    void take(PivotPass.Draws draws, int most, long seed, int round) {
        if (draws.left() == 0) {
            return;
        }
        int b = draws.rows().length;
        Matrix proposals = new Matrix(points.rows(), b, draws.values());
        Matrix byRow = proposals.transpose();
        Matrix f = Dense.solveRight(KernelMatrices.between(kernel, byRow, points()), factor);
        Matrix residual = KernelMatrices.gram(kernel, byRow);
        double[] least = new double[b];
        for (int i = 0; i < b; i++) {
            least[i] = floor * residual.get(i, i);
        }
        residual = residual.minus(f.times(f.transpose()));
        Philox random = new Philox(seed, Landmarks.Streams.ACCEPT);
        double[] diagonal = new double[b];
        for (int i = 0; i < b; i++) {
            diagonal[i] = residual.get(i, i);
        }
        int[] taken = new int[Math.min(b, most - count())];
        double[][] steps = new double[taken.length][];
        int count = 0;
        for (int i = 0; i < b && count < taken.length; i++) {
            proposed++;
            boolean accepted = random.uniformAt(round, i) * draws.weights()[i] < diagonal[i];
            if (accepted && diagonal[i] > least[i]) {
                steps[count] = step(residual, steps, count, diagonal, i);
                taken[count++] = i;
            }
        }
        append(proposals, draws.rows(), f, steps, taken, count);
    }

    /** The next column of the Cholesky factor of H, at pivot i, from row i on; the diagonal loses its squares. */
    private static double[] step(Matrix residual, double[][] steps, int count, double[] diagonal, int i) {
        int b = diagonal.length;
        double[] column = Arrays.copyOfRange(residual.values(), i * b, (i + 1) * b);
        for (int a = 0; a < count; a++) {
            double[] step = steps[a];
            double factor = step[i];
            for (int j = i; j < b; j++) {
                column[j] -= factor * step[j];
            }
        }
        double scale = 1 / Math.sqrt(diagonal[i]);
        for (int j = i + 1; j < b; j++) {
            column[j] *= scale;
            diagonal[j] -= column[j] * column[j];
        }
        column[i] = Math.sqrt(diagonal[i]);
        return column;
    }

    /** R grows to [R, F; 0, T]. */
    private void append(Matrix proposals, long[] positions, Matrix f, double[][] steps, int[] taken, int count) {
        int k = count();
        Matrix grown = Matrix.zeros(k + count, k + count);
        for (int j = 0; j < k; j++) {
            System.arraycopy(factor.values(), j * k, grown.values(), j * (k + count), j + 1);
        }
        long[] longer = Arrays.copyOf(rows, k + count);
        for (int q = 0; q < count; q++) {
            for (int j = 0; j < k; j++) {
                grown.set(j, k + q, f.get(taken[q], j));
            }
            for (int p = 0; p <= q; p++) {
                grown.set(k + p, k + q, steps[p][taken[q]]);
            }
            longer[k + q] = positions[taken[q]];
        }
        points = points.beside(proposals.columns(taken, count));
        factor = grown;
        rows = longer;
    }
}
