package lowrank.attention;

import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.PairedSource;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/**
 * One head in memory, and its exact attention by the definition.
 *
 * @param mask a column, or null
 */
record TestHead(Matrix q, Matrix k, Matrix v, Matrix mask) {

    /** Queries and keys of normal numbers times a scale, values of normal numbers. */
    static TestHead normal(int rows, int width, int valueWidth, double scale, long seed) {
        return new TestHead(
                gaussians(rows, width, scale, seed, 1),
                gaussians(rows, width, scale, seed, 2),
                gaussians(rows, valueWidth, 1, seed, 3),
                null);
    }

    static Matrix gaussians(int rows, int cols, double scale, long seed, int stream) {
        Philox random = new Philox(seed, stream);
        double[] row = new double[cols];
        Matrix all = Matrix.zeros(rows, cols);
        for (int i = 0; i < rows; i++) {
            random.gaussians(i, 0, row, 0, cols);
            for (int j = 0; j < cols; j++) {
                all.set(i, j, scale * row[j]);
            }
        }
        return all;
    }

    /** The same with the rows hidden of which {@code shown} is false. */
    TestHead hiding(java.util.function.IntPredicate shown) {
        Matrix column = Matrix.zeros(q.rows(), 1);
        for (int i = 0; i < q.rows(); i++) {
            column.set(i, 0, shown.test(i) ? 1 : 0);
        }
        return new TestHead(q, k, v, column);
    }

    Layout layout() {
        return Layout.of(q.rows(), 8L * Math.max(q.cols(), v.cols()), 0);
    }

    BlockSource source(Precision precision, Layout layout) {
        BlockSource all = new PairedSource(
                new PairedSource(new MatrixRows(q, "q", precision, layout), new MatrixRows(k, "k", precision, layout)),
                new MatrixRows(v, "v", precision, layout));
        return mask == null ? all : new PairedSource(all, new MatrixRows(mask, "mask", precision, layout));
    }

    LocalBlocks rows() {
        return rows(Precision.DOUBLE, layout(), 1);
    }

    LocalBlocks rows(Precision precision, Layout layout, int tasks) {
        return LocalBlocks.of(source(precision, layout), tasks);
    }

    private boolean shown(int row) {
        return mask == null || mask.get(row, 0) != 0;
    }

    /** softmax(Q K' / sqrt(d)) V, row by row. */
    Matrix exact(boolean causal) {
        return exact(causal, Heads.scale(q.cols()));
    }

    /** The same with products scaled otherwise. */
    Matrix exact(boolean causal, double scale) {
        Matrix scores = q.timesTranspose(k);
        Matrix out = Matrix.zeros(q.rows(), v.cols());
        for (int i = 0; i < q.rows(); i++) {
            int seen = causal ? i + 1 : k.rows();
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < seen; j++) {
                max = shown(j) ? Math.max(max, scale * scores.get(i, j)) : max;
            }
            double sum = 0;
            double[] row = new double[v.cols()];
            for (int j = 0; j < seen && shown(i); j++) {
                double weight = shown(j) ? StrictMath.exp(scale * scores.get(i, j) - max) : 0;
                sum += weight;
                for (int c = 0; c < row.length; c++) {
                    row[c] += weight * v.get(j, c);
                }
            }
            for (int c = 0; c < row.length; c++) {
                out.set(i, c, sum > 0 ? row[c] / sum : 0);
            }
        }
        return out;
    }

    /** The mean of all values, a row for each query. */
    Matrix uniform() {
        Matrix out = Matrix.zeros(q.rows(), v.cols());
        for (int c = 0; c < v.cols(); c++) {
            double sum = 0;
            for (int j = 0; j < v.rows(); j++) {
                sum += v.get(j, c);
            }
            for (int i = 0; i < q.rows(); i++) {
                out.set(i, c, sum / v.rows());
            }
        }
        return out;
    }
}
