package lowrank.kernel;

import java.util.List;
import lowrank.linalg.Matrix;

/** Every sampler that chooses by chance. */
final class LandmarksContract {
    private LandmarksContract() {}

    static List<Landmarks> samplers(int count, long seed) {
        return List.of(
                new Uniform(count, seed),
                new KMeans(count, seed, 3),
                new Leverage(count, seed),
                new RpCholesky(count, seed, 0),
                // From a pool, whatever the size of the table.
                new RpCholesky(count, seed, 0, 0));
    }

    /** tr(K - K^) for landmarks, densely. */
    static double traceLeft(Kernel kernel, Matrix rows, Matrix landmarks) {
        Matrix cross = TestKernels.plain(kernel, rows, landmarks);
        Matrix z = cross.times(lowrank.linalg.PseudoInverse.of(
                        TestKernels.plain(kernel, landmarks, landmarks), lowrank.blas.Precision.DOUBLE)
                .whitening());
        double left = 0;
        for (int i = 0; i < rows.rows(); i++) {
            left += TestKernels.plain(kernel, TestKernels.rowsOf(rows, i), TestKernels.rowsOf(rows, i))
                    .get(0, 0);
        }
        for (double value : z.values()) {
            left -= value * value;
        }
        return left;
    }
}
