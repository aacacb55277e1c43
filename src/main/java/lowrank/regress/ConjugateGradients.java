package lowrank.regress;

import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/**
 * Ridge regression for one lambda by preconditioned conjugate gradients, all targets at once: for more features than a Gram matrix has
 * room for, and for lambdas below what normal equations can be solved for. One pass per iteration forms Z_c'(Z_c P); one more sketches the
 * {@link Preconditioner}.
 *
 * <p>When the residual that the iteration carries on is small enough, the true one, Z_c'W e - mu w with errors e formed row by row, is
 * measured in a pass; where it is not yet, the iteration starts again on it. So accuracy is that of the errors, not that of the squared
 * condition.
 *
 * <p><b>Cost</b>: 4 n D t flops per iteration and 4 n D rank for the sketch; 6 D t + 3 D rank doubles on the driver.
 *
 * @param lambda per row
 * @param intercept whether there is one
 * @param rank of the preconditioner; more are at least twice the effective degrees of freedom, if it is to need few iterations
 * @param tolerance of |B - (G + mu I) w| / |B|, per target
 * @param iterations at most
 * @param seed of the sketch
 */
public record ConjugateGradients(
        double lambda, boolean intercept, int rank, double tolerance, int iterations, long seed) {
    /** Philox stream of the sketch. */
    static final int STREAM = 42;

    /** Features up to which the preconditioner is the whole of the Gram matrix. */
    private static final int WHOLE = 2048;

    /** Its rank for more of them. */
    private static final int PART = 512;

    /** A rank that serves: all of a small Gram matrix, the leading part of a large one. */
    public static int rank(int features) {
        return features <= WHOLE ? features : PART;
    }

    public ConjugateGradients {
        if (!(lambda > 0) || Double.isInfinite(lambda)) {
            throw new IllegalArgumentException("solve.lambda must be a positive number, not " + lambda);
        }
    }

    /**
     * A fit.
     *
     * @param rss sum of w (y - f)^2 per target, measured over the rows
     * @param residuals |B - (G + mu I) w| / |B| per target, measured over the rows; above the tolerance where iterations or
     *     rounding did not allow it
     * @param iterations done
     * @param weight n, the sum of the weights
     */
    public record Fit(LinearModel model, double[] rss, double[] residuals, int iterations, double weight) {}

    /** Fits rows. */
    public Fit fit(RowBlocks rows) {
        return new Run(rows, null).fit();
    }

    /** Fits rows whose normal equations are there, and are too coarse for this lambda: they precondition, no sketch is taken. */
    Fit fit(RowBlocks rows, RidgePath equations) {
        return new Run(rows, Preconditioner.of(equations)).fit();
    }

    /** The state of one fit. */
    private final class Run {
        private final RowBlocks rows;
        private final int d;
        private final int t;
        private final double[] origin;
        private final double[] targetMeans;
        private final double[] means;
        private final double mu;
        private final Matrix right;
        private final double[] scale;
        private final double weight;
        private final Preconditioner given;
        private double[] rss;
        private int done;

        Run(RowBlocks rows, Preconditioner given) {
            this.rows = rows;
            this.given = given;
            d = rows.cols();
            t = rows.schema().columns().get(1).width();
            origin = intercept ? Origin.of(rows) : new double[t];
            ErrorPass.Sums sums = rows.pass(new ErrorPass(Matrix.zeros(d, t), origin, true));
            requireSound(sums);
            targetMeans = new double[t];
            means = new double[d];
            if (intercept) {
                for (int i = 0; i < d; i++) {
                    means[i] = sums.cross().get(i, t) / sums.weight();
                }
                for (int k = 0; k < t; k++) {
                    targetMeans[k] = sums.errors()[k] / sums.weight();
                }
            }
            weight = sums.weight();
            mu = weight * lambda;
            right = residual(Matrix.zeros(d, t));
            scale = right.columnNorms();
            Centred.requireFinite(
                    scale,
                    "the products of features and targets overflow: scale the input (read.scale = standard) or the target");
        }

        private void requireSound(ErrorPass.Sums sums) {
            Precision precision = rows.schema().first().precision();
            new NormalSums(null, null, null, null, sums.weight(), 0, sums.badWeight(), precision).sound();
        }

        /** B - (G + mu I) w by the errors of the rows; their squares are the RSS. */
        private Matrix residual(Matrix w) {
            double[] shifts = shifts(w);
            double[] constants = new double[t];
            for (int k = 0; k < t; k++) {
                constants[k] = origin[k] + (targetMeans[k] - shifts[k]);
            }
            ErrorPass.Sums sums = rows.pass(new ErrorPass(w, constants, true));
            rss = sums.squares();
            return plus(sums.about(means), -mu, w);
        }

        /** m'W per column. */
        private double[] shifts(Matrix w) {
            return w.transposeTimes(new Matrix(d, 1, means)).values();
        }

        /** G_c P. */
        private Matrix product(Matrix p) {
            ErrorPass.Sums sums = rows.pass(new ErrorPass(p, shifts(p), false));
            Matrix negative = sums.about(means);
            double[] product = new double[negative.values().length];
            for (int i = 0; i < product.length; i++) {
                product[i] = -negative.values()[i];
            }
            return new Matrix(d, p.cols(), product);
        }

        private Preconditioner preconditioner() {
            return given == null ? sketch() : given;
        }

        private Preconditioner sketch() {
            int l = Math.max(0, Math.min(rank, d));
            if (l == 0) {
                return Preconditioner.of(Matrix.zeros(d, 0), Matrix.zeros(d, 0), 0);
            }
            Matrix transposed = Matrix.zeros(l, d);
            Philox numbers = new Philox(seed, STREAM);
            for (int i = 0; i < d; i++) {
                numbers.gaussians(i, 0, transposed.values(), i * l, l);
            }
            Matrix basis = Dense.qr(transposed.transpose()).q();
            return Preconditioner.of(
                    basis, product(basis), rows.schema().first().precision().roundoff());
        }

        Fit fit() {
            Matrix w = Matrix.zeros(d, t);
            Matrix r = right;
            double[] reached = relative(r);
            Preconditioner preconditioner = worst(reached) > tolerance ? preconditioner() : null;
            while (worst(reached) > tolerance && done < iterations) {
                Matrix better = w.plus(solve(r, preconditioner));
                double[] squares = rss;
                Matrix rest = residual(better);
                double before = worst(reached);
                double now = worst(relative(rest));
                if (!(now < before)) {
                    rss = squares;
                    break;
                }
                r = rest;
                w = better;
                reached = relative(r);
                if (now > 0.5 * before) {
                    // Rounding allows no more.
                    break;
                }
            }
            double[] shifts = shifts(w);
            double[] intercepts = new double[t];
            for (int k = 0; k < t; k++) {
                intercepts[k] = intercept ? origin[k] + (targetMeans[k] - shifts[k]) : 0;
            }
            return new Fit(new LinearModel(lambda, w, intercepts), rss, reached, done, weight);
        }

        private double[] relative(Matrix r) {
            double[] norms = r.columnNorms();
            for (int k = 0; k < t; k++) {
                norms[k] = scale[k] > 0 ? norms[k] / scale[k] : 0;
            }
            return norms;
        }

        /** (G + mu I)^-1 R, until what is left is below the tolerance for each target, or a millionth of what it was. */
        private Matrix solve(Matrix start, Preconditioner preconditioner) {
            Matrix x = Matrix.zeros(d, t);
            Matrix r = new Matrix(d, t, start.values().clone());
            Matrix z = preconditioner.solve(r, mu);
            Matrix p = z;
            double[] rho = dots(r, z);
            double[] goal = relative(start);
            for (int k = 0; k < t; k++) {
                goal[k] = Math.max(0.5 * tolerance, 1e-6 * goal[k]);
            }
            while (done < iterations && !within(relative(r), goal)) {
                Matrix q = plus(product(p), mu, p);
                done++;
                double[] curvature = dots(p, q);
                double[] now = relative(r);
                double[] step = new double[t];
                for (int k = 0; k < t; k++) {
                    step[k] = now[k] > goal[k] && curvature[k] > 0 ? rho[k] / curvature[k] : 0;
                }
                x = x.plus(p.scaleColumns(step));
                r = r.minus(q.scaleColumns(step));
                z = preconditioner.solve(r, mu);
                double[] next = dots(r, z);
                double[] ratio = new double[t];
                for (int k = 0; k < t; k++) {
                    ratio[k] = step[k] != 0 && rho[k] > 0 ? next[k] / rho[k] : 0;
                }
                p = z.plus(p.scaleColumns(ratio));
                rho = next;
            }
            return x;
        }
    }

    private static boolean within(double[] values, double[] goals) {
        for (int k = 0; k < values.length; k++) {
            if (!(values[k] <= goals[k])) {
                return false;
            }
        }
        return true;
    }

    private static double worst(double[] values) {
        double worst = 0;
        for (double value : values) {
            worst = Math.max(worst, value);
        }
        return worst;
    }

    private static double[] dots(Matrix a, Matrix b) {
        double[] dots = new double[a.cols()];
        for (int k = 0; k < dots.length; k++) {
            for (int i = 0; i < a.rows(); i++) {
                dots[k] += a.get(i, k) * b.get(i, k);
            }
        }
        return dots;
    }

    /** a + factor b. */
    private static Matrix plus(Matrix a, double factor, Matrix b) {
        double[] sum = a.values().clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * b.values()[i];
        }
        return new Matrix(a.rows(), a.cols(), sum);
    }
}
