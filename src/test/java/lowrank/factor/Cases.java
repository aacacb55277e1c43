package lowrank.factor;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.MatrixRows;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/** Small matrices for tests, cut into many leaves. */
final class Cases {
    private Cases() {}

    /** Leaves of 64 rows in blocks of 32: deep trees for small tables. */
    static Layout cut(long rows) {
        return new Layout(rows, 64, 32);
    }

    /** A matrix with cosine factors. */
    static KnownMatrix known(String spectrum, int rows, int cols, int rank, double scale, Precision precision) {
        return KnownMatrix.of(spectrum, rows, cols, rank, scale, precision).with(cut(rows));
    }

    static MatrixRows rows(Matrix matrix) {
        return rows(matrix, Precision.DOUBLE);
    }

    static MatrixRows rows(Matrix matrix, Precision precision) {
        return new MatrixRows(matrix, "features", precision, cut(matrix.rows()));
    }

    static Matrix gaussian(int rows, int cols, long seed) {
        Philox random = new Philox(seed, 99);
        Matrix transposed = Matrix.zeros(cols, rows);
        for (int i = 0; i < rows; i++) {
            random.gaussians(i, 0, transposed.values(), i * cols, cols);
        }
        return transposed.transpose();
    }

    /** Random orthonormal columns. */
    static Matrix orthonormal(int rows, int cols, long seed) {
        return Dense.qr(gaussian(rows, cols, seed)).q();
    }

    /** U diag(s) V^T with random factors. */
    static Matrix random(int rows, int cols, double[] s, long seed) {
        return orthonormal(rows, s.length, seed)
                .scaleColumns(s)
                .times(orthonormal(cols, s.length, seed + 1).transpose());
    }

    /** Normal columns with standard deviations 1, 2, 4, 8, 1, ... and all means {@code mean}; column {@code constant} is constant. */
    static Matrix shifted(int rows, int cols, double mean, int constant, long seed) {
        Matrix a = gaussian(rows, cols, seed);
        for (int j = 0; j < cols; j++) {
            for (int i = 0; i < rows; i++) {
                a.set(i, j, j == constant ? mean : mean + a.get(i, j) * (1 << j % 4));
            }
        }
        return a;
    }
}
