package lowrank.regress;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Entries;
import lowrank.linalg.Matrix;

/**
 * Sums of squared leave-one-out errors. With U = Z_c V: leverages of all lambdas are U^2 [1 / (l + mu)], fitted values U [b / (l + mu)],
 * each one gemm; nothing of size n is kept. <b>Cost</b>: 2 n D (D + L + L t) flops for L lambdas; V and two thinner matrices travel to
 * the tasks.
 *
 * @param vectors V, D x D
 * @param shift V' mean(z)
 * @param inverses 1 / (l + mu), D x L
 * @param filtered b / (l + mu), D x (L t), the targets of one lambda side by side
 * @param centres what is subtracted from targets, t
 * @param constant the part of each leverage that an intercept adds, 1/n or 0
 * @param closest least 1 - h that is told from 0, per lambda
 */
record LeaveOneOutPass(
        Matrix vectors,
        double[] shift,
        Matrix inverses,
        Matrix filtered,
        double[] centres,
        double constant,
        double[] closest)
        implements Pass<LeaveOneOutPass.Errors> {

    /** Rounding of a leverage, in units of roundoff times sqrt(l_max / mu) + sqrt(D). */
    private static final double ROUNDING = 8;

    /**
     * Sums over rows.
     *
     * @param squares of w (e / (1 - h))^2, the targets of one lambda side by side
     * @param fixed rows whose leverage is 1 within rounding, per lambda
     */
    record Errors(double[] squares, long[] fixed) implements Serializable {}

    static LeaveOneOutPass of(RidgePath path, double[] lambdas) {
        Centred equations = path.equations();
        int d = equations.features();
        int t = equations.targets();
        Matrix inverses = Matrix.zeros(d, lambdas.length);
        Matrix filtered = Matrix.zeros(d, lambdas.length * t);
        double[] closest = new double[lambdas.length];
        for (int i = 0; i < lambdas.length; i++) {
            double mu = path.mu(lambdas[i]);
            for (int j = 0; j < d; j++) {
                inverses.set(j, i, 1 / (path.values()[j] + mu));
            }
            System.arraycopy(path.filtered(mu).values(), 0, filtered.values(), i * t * d, t * d);
            closest[i] = ROUNDING * equations.precision().roundoff() * (Math.sqrt(path.size() / mu) + Math.sqrt(d));
        }
        double[] centres = equations.targetMeans().clone();
        for (int k = 0; k < t; k++) {
            centres[k] += equations.origin()[k];
        }
        Matrix means = new Matrix(d, 1, equations.featureMeans());
        return new LeaveOneOutPass(
                path.vectors(),
                path.vectors().transposeTimes(means).values(),
                inverses,
                filtered,
                centres,
                equations.intercept() ? 1 / equations.weight() : 0,
                closest);
    }

    @Override
    public String label() {
        return "leave-one-out";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 2.0 * rows * vectors.rows() * (vectors.cols() + inverses.cols() + filtered.cols());
    }

    @Override
    public Fold<Errors> open(Arena arena, Schema schema, Layout layout) {
        return new LeaveFold(arena, schema, layout);
    }

    private final class LeaveFold implements Fold<Errors> {
        private final int d = vectors.rows();
        private final int t = centres.length;
        private final int lambdas = closest.length;
        private final Arena arena;
        private final Precision precision;
        private final int blockRows;
        private final RightProduct rotate;
        private final RightProduct leverage;
        private final RightProduct fit;
        private final Weights weights;
        private final RowReader targetReader;
        private final RowReader fitted;
        private final RowReader leverages;
        private final RowReader rotated;
        private final float[] floats;
        private long squared;
        private double[] squares;
        private long[] fixed;

        LeaveFold(Arena arena, Schema schema, Layout layout) {
            this.arena = arena;
            precision = schema.first().precision();
            blockRows = layout.blockRows();
            rotate = new RightProduct(arena, vectors, precision, layout);
            leverage = new RightProduct(arena, inverses, precision, layout);
            fit = new RightProduct(arena, filtered, precision, layout);
            weights = new Weights(schema);
            targetReader = new RowReader(schema.columns().get(1));
            fitted = new RowReader(lambdas * t, precision);
            leverages = new RowReader(lambdas, precision);
            rotated = new RowReader(d, precision);
            floats = new float[precision == Precision.FLOAT ? d : 0];
            reset();
        }

        private void reset() {
            squares = new double[lambdas * t];
            fixed = new long[lambdas];
        }

        @Override
        public void add(Block block) {
            if (squared == 0) {
                squared = arena.allocate((long) blockRows * d, precision);
            }
            Slab u = rotate.of(block.first());
            Slab square = new Slab(squared, block.rows(), d, precision);
            for (int i = 0; i < block.rows(); i++) {
                double[] row = rotated.read(u, i, 1);
                for (int j = 0; j < d; j++) {
                    row[j] -= shift[j];
                }
                write(row, u.row(i));
                for (int j = 0; j < d; j++) {
                    row[j] *= row[j];
                }
                write(row, square.row(i));
            }
            Slab h = leverage.of(square);
            Slab f = fit.of(u);
            double[] w = weights.read(block);
            for (int i = 0; i < block.rows(); i++) {
                if (w[i] > 0) {
                    double[] y = targetReader.read(block.columns().get(1), i, 1);
                    add(y, fitted.read(f, i, 1), leverages.read(h, i, 1), w[i]);
                }
            }
        }

        private void add(double[] y, double[] f, double[] h, double w) {
            for (int l = 0; l < lambdas; l++) {
                double rest = 1 - w * (constant + h[l]);
                if (rest <= closest[l]) {
                    fixed[l]++;
                    continue;
                }
                for (int k = 0; k < t; k++) {
                    double e = (y[k] - centres[k] - f[l * t + k]) / rest;
                    squares[l * t + k] += w * e * e;
                }
            }
        }

        private void write(double[] row, long address) {
            if (precision == Precision.DOUBLE) {
                OffHeap.put(address, row, 0, d);
            } else {
                for (int j = 0; j < d; j++) {
                    floats[j] = (float) row[j];
                }
                OffHeap.put(address, floats, 0, d);
            }
        }

        @Override
        public Errors takeLeaf() {
            Errors leaf = new Errors(squares, fixed);
            reset();
            return leaf;
        }

        @Override
        public Errors merge(Errors left, Errors right) {
            long[] both = left.fixed.clone();
            for (int l = 0; l < both.length; l++) {
                both[l] += right.fixed[l];
            }
            return new Errors(Entries.sum(left.squares, right.squares), both);
        }
    }
}
