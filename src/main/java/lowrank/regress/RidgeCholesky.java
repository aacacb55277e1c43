package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import lowrank.random.Philox;

/**
 * Ridge regression for one lambda by Cholesky: G_c + mu I = R'R, w = R^-1 R^-T B_c, df = D - mu |R^-1|^2 in Frobenius' norm.
 *
 * <p><b>Cost</b>: D^3/3 flops for coefficients, D^3 for df. l_max, for the limit on lambda, comes from {@value #POWERS} power iterations
 * with a random start: a lower bound, as a rule within a few hundredths.
 */
final class RidgeCholesky {
    /** Philox stream of the start of the power iteration. */
    static final int STREAM = 40;

    private static final int POWERS = 30;

    /** Columns that are solved for at once where R^-1 is measured. */
    private static final int PANEL = 256;

    private RidgeCholesky() {}

    /**
     * A fit with its score.
     *
     * @param residual |B - (G + mu I) w| / |B| in Frobenius' norm; 0 where B is zero
     */
    record Fit(LinearModel model, RidgeScore score, double residual) {}

    /**
     * Solves normal equations.
     *
     * @param origin of the targets in the sums; zeros without an intercept
     * @throws IllegalArgumentException when lambda is below what the equations can be solved for
     * @throws NumericalException when sums or coefficients overflow
     */
    static Fit of(NormalSums sums, double[] origin, boolean intercept, double lambda) {
        return of(Centred.of(sums, origin, intercept), lambda);
    }

    static Fit of(Centred equations, double lambda) {
        int d = equations.features();
        int t = equations.targets();
        double n = equations.weight();
        try (Arena arena = new Arena()) {
            Blas blas = Backend.current();
            long g = arena.doubles((long) d * d);
            Matrix b = equations.cross();
            symmetric(equations, g, d);
            double size = largest(blas, g, d, arena) + equations.offset();
            Lambdas.require(lambda, size, n, equations.precision());
            double mu = n * lambda;
            long r = arena.doubles((long) d * d);
            equations.gram().store(r, d);
            for (int j = 0; j < d; j++) {
                long at = r + 8L * j * (d + 1L);
                OffHeap.putDouble(at, OffHeap.getDouble(at) + mu);
            }
            int info = d == 0 ? 0 : blas.cholesky(d, r, d);
            if (info != 0) {
                throw new NumericalException("the normal equations are not positive definite at feature " + (info - 1)
                        + ": solve.lambda = " + lambda + " is lost in rounding; give a larger one");
            }
            long w = b.store(arena);
            Matrix coefficients = Matrix.zeros(d, t);
            double residual = 0;
            double df = equations.intercept() ? 1 : 0;
            if (d > 0 && t > 0) {
                blas.trsm(Precision.DOUBLE, true, true, d, t, 1, r, d, w, d);
                blas.trsm(Precision.DOUBLE, true, false, d, t, 1, r, d, w, d);
                coefficients = Matrix.load(w, d, t, d);
                Centred.requireFinite(
                        coefficients.values(),
                        "the coefficients overflow: scale the input (read.scale = standard) or the target, or raise solve.lambda");
                residual = residual(blas, g, mu, w, coefficients, b, arena);
                df += d - mu * inverseSquares(blas, r, d, arena);
            }
            double[] explained = new double[t];
            double[] norms = coefficients.columnNorms();
            for (int k = 0; k < t; k++) {
                for (int i = 0; i < d; i++) {
                    explained[k] += coefficients.get(i, k) * b.get(i, k);
                }
                explained[k] += mu * norms[k] * norms[k];
            }
            return new Fit(
                    new LinearModel(lambda, coefficients, equations.intercepts(coefficients)),
                    RidgeScore.of(equations, lambda, df, explained, norms, size),
                    residual);
        }
    }

    /** Both triangles of the Gram matrix. */
    static void symmetric(Centred equations, long g, int d) {
        double[] values = equations.gram().values();
        double[] column = new double[d];
        for (int j = 0; j < d; j++) {
            System.arraycopy(values, (int) ((long) j * (j + 1) / 2), column, 0, j + 1);
            for (int i = j + 1; i < d; i++) {
                column[i] = equations.gram().get(j, i);
            }
            OffHeap.put(g + 8L * j * d, column, 0, d);
        }
    }

    /** The largest eigenvalue, from below. */
    private static double largest(Blas blas, long g, int d, Arena arena) {
        if (d == 0) {
            return 0;
        }
        double[] x = new double[d];
        new Philox(0, STREAM).gaussians(0, 0, x, 0, d);
        long from = arena.doubles(d);
        long to = arena.doubles(d);
        double[] y = new double[d];
        double largest = 0;
        for (int i = 0; i < POWERS; i++) {
            double norm = norm(x);
            if (norm == 0) {
                return 0;
            }
            for (int j = 0; j < d; j++) {
                x[j] /= norm;
            }
            OffHeap.put(from, x, 0, d);
            blas.gemm(Precision.DOUBLE, false, false, d, 1, d, 1, g, d, from, d, 0, to, d);
            OffHeap.get(to, y, 0, d);
            double quotient = 0;
            for (int j = 0; j < d; j++) {
                quotient += x[j] * y[j];
            }
            largest = Math.max(largest, quotient);
            System.arraycopy(y, 0, x, 0, d);
        }
        return largest;
    }

    private static double norm(double[] x) {
        double sum = 0;
        for (double value : x) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    static double residual(Blas blas, long g, double mu, long w, Matrix coefficients, Matrix b, Arena arena) {
        int d = b.rows();
        int t = b.cols();
        long product = arena.doubles((long) d * t);
        blas.gemm(Precision.DOUBLE, false, false, d, t, d, 1, g, d, w, d, 0, product, d);
        double[] image = Matrix.load(product, d, t, d).values();
        double[] rest = new double[image.length];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = b.values()[i] - image[i] - mu * coefficients.values()[i];
        }
        double norm = norm(b.values());
        return norm > 0 ? norm(rest) / norm : 0;
    }

    /** |R^-1|^2 in Frobenius' norm, a panel of columns at a time: those of an upper triangle end at the diagonal. */
    private static double inverseSquares(Blas blas, long r, int d, Arena arena) {
        long panel = arena.doubles((long) d * PANEL);
        double[] column = new double[d];
        double sum = 0;
        for (int first = 0; first < d; first += PANEL) {
            int count = Math.min(PANEL, d - first);
            int order = first + count;
            OffHeap.zero(panel, 8L * order * count);
            for (int j = 0; j < count; j++) {
                OffHeap.putDouble(panel + 8L * ((long) j * order + first + j), 1);
            }
            blas.trsm(Precision.DOUBLE, true, false, order, count, 1, r, d, panel, order);
            for (int j = 0; j < count; j++) {
                OffHeap.get(panel + 8L * j * order, column, 0, order);
                double part = 0;
                for (int i = 0; i < order; i++) {
                    part += column[i] * column[i];
                }
                sum += part;
            }
        }
        return sum;
    }
}
