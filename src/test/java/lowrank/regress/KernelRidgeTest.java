package lowrank.regress;

import static org.assertj.core.api.Assertions.assertThat;

import lowrank.blas.Precision;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.RowBlocks;
import lowrank.kernel.Features;
import lowrank.kernel.Gaussian;
import lowrank.kernel.Nystrom;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ridge regression on features is kernel ridge regression with their kernel. */
class KernelRidgeTest {
    private static final int N = 2000;
    private static final double BANDWIDTH = 1.5;
    /** What the issue promises, at lambda >= 1e-7. */
    private static final double PROMISED = 1e-8;

    private final Matrix x = Tables.gaussian(N, 4, 1);
    private final Matrix y = Matrix.zeros(N, 1);
    private final LocalBlocks rows;

    KernelRidgeTest() {
        Matrix noise = Tables.gaussian(N, 1, 2);
        for (int i = 0; i < N; i++) {
            y.set(i, 0, Math.sin(2 * x.get(i, 0)) + x.get(i, 1) * x.get(i, 2) + 0.1 * noise.get(i, 0));
        }
        rows = Tables.of(x, y);
    }

    private static Matrix fitted(RowBlocks features, double lambda) {
        RidgePath path = RidgePath.of(NormalPass.over(features, new double[1]), new double[1], false);
        return Collect.of(features.map(Predictor.values(path.model(lambda))), "value");
    }

    /** K (K + n lambda I)^-1 y. */
    private Matrix exact(Matrix kernel, double lambda) {
        Matrix shifted = new Matrix(N, N, kernel.values().clone());
        for (int i = 0; i < N; i++) {
            shifted.set(i, i, shifted.get(i, i) + N * lambda);
        }
        Matrix r = Dense.cholesky(shifted);
        // y' R^-1, and with its transpose R^-T y; then R^-1 by back substitution.
        Matrix half = Dense.solveRight(y.transpose(), r).transpose();
        Matrix alpha = Matrix.zeros(N, 1);
        for (int i = N - 1; i >= 0; i--) {
            double sum = half.get(i, 0);
            for (int j = i + 1; j < N; j++) {
                sum -= r.get(i, j) * alpha.get(j, 0);
            }
            alpha.set(i, 0, sum / r.get(i, i));
        }
        return kernel.times(alpha);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-3, 1e-7})
    void nystromOnAllRowsIsFullKernelRidge(double lambda) {
        Matrix kernel = Matrix.zeros(N, N);
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                double square = 0;
                for (int c = 0; c < x.cols(); c++) {
                    square += (x.get(i, c) - x.get(j, c)) * (x.get(i, c) - x.get(j, c));
                }
                kernel.set(i, j, Math.exp(-square / (2 * BANDWIDTH * BANDWIDTH)));
            }
        }
        RowBlocks features = rows.map(new Features(Nystrom.of(new Gaussian(BANDWIDTH), x, Precision.DOUBLE)));
        assertThat(Reference.distance(fitted(features, lambda), exact(kernel, lambda)))
                .isLessThan(PROMISED);
    }

    @Test
    void fewerLandmarksAreKernelRidgeWithTheirOwnKernel() {
        Matrix landmarks = Tables.gaussian(60, 4, 9);
        RowBlocks features = rows.map(new Features(Nystrom.of(new Gaussian(BANDWIDTH), landmarks, Precision.DOUBLE)));
        Matrix z = Collect.of(features, "values");
        Matrix kernel = z.times(z.transpose());
        assertThat(Reference.distance(fitted(features, 1e-7), exact(kernel, 1e-7)))
                .isLessThan(PROMISED);
    }
}
