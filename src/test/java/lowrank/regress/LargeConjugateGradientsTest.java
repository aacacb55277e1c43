package lowrank.regress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.RowBlocks;
import lowrank.kernel.Features;
import lowrank.kernel.Gaussian;
import lowrank.kernel.Nystrom;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

/** Two thousand features: conjugate gradients beside direct solvers. */
class LargeConjugateGradientsTest {
    private static final int D = 2000;

    private static LocalBlocks rows(Matrix z, Matrix y) {
        return Tables.of(Precision.DOUBLE, new Layout(z.rows(), 1024, 512), 2, z, y);
    }

    @Test
    void twoThousandFeaturesAreSolvedLikeNormalEquations() {
        int n = 3000;
        Matrix z = Tables.features(n, D, 1e-3, 0.1, 1);
        Matrix y = Tables.targets(z, 2, 0.1, 3, 5);
        LocalBlocks rows = rows(z, y);
        double[] origin = Origin.of(rows);
        double lambda = 1e-4;
        LinearModel direct = RidgeCholesky.of(NormalPass.over(rows, origin), origin, true, lambda)
                .model();
        for (int rank : new int[] {ConjugateGradients.rank(D), 1000}) {
            ConjugateGradients.Fit fit = new ConjugateGradients(lambda, true, rank, 1e-10, 500, 3).fit(rows);
            assertThat(Arrays.stream(fit.residuals()).max().orElseThrow()).isLessThanOrEqualTo(1e-10);
            assertThat(fit.weight()).isEqualTo(n);
            assertThat(Reference.distance(Reference.fitted(z, fit.model()), Reference.fitted(z, direct)))
                    .isLessThan(1e-8);
        }
    }

    /** Landmarks whose kernel falls below rounding, and a lambda a hundredth of what the equations can be solved for. */
    @Test
    void landmarksWithALambdaBelowTheLimitAreSolvedLikeTheUnsquaredProblem() {
        int n = 4000;
        Matrix x = Tables.gaussian(n, 3, 1);
        Matrix y = Matrix.zeros(n, 1);
        for (int i = 0; i < n; i++) {
            y.set(i, 0, Math.sin(3 * x.get(i, 0)) * Math.cos(2 * x.get(i, 1)) + 0.1 * x.get(i, 2));
        }
        Matrix landmarks =
                Tables.rows(x, java.util.stream.IntStream.range(0, D).boxed().toList());
        RowBlocks mapped = rows(x, y).map(new Features(Nystrom.of(new Gaussian(0.6), landmarks, Precision.DOUBLE)));
        Matrix z = Collect.of(mapped, mapped.schema().first().name());
        int d = z.cols();
        LocalBlocks rows = rows(z, y);
        RidgePath equations = RidgePath.of(NormalPass.over(rows, new double[1]), new double[1], false);
        double lambda = 1e-2 * equations.least();

        Matrix tall = Matrix.zeros(n + d, d);
        Matrix longer = Matrix.zeros(n + d, 1);
        for (int j = 0; j < d; j++) {
            for (int i = 0; i < n; i++) {
                tall.set(i, j, z.get(i, j));
            }
            tall.set(n + j, j, Math.sqrt(n * lambda));
        }
        System.arraycopy(y.values(), 0, longer.values(), 0, n);
        Matrix q = Dense.qr(tall).q();
        Matrix exact = new Matrix(
                n, 1, java.util.Arrays.copyOf(q.times(q.transposeTimes(longer)).values(), n));

        double direct = Reference.distance(Reference.fitted(z, equations.near(lambda)), exact);
        ConjugateGradients.Fit fit = new ConjugateGradients(lambda, false, 0, 1e-14, 500, 3).fit(rows, equations);
        double distance = Reference.distance(Reference.fitted(z, fit.model()), exact);
        // The bound |r| / (2 sqrt(mu)) on the worst direction; the equations, solved all the same, are far off.
        assertThat(distance).isLessThan(1e-8).isLessThan(1e-2 * direct);
    }
}
