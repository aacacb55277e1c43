package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import org.junit.jupiter.api.Test;

/**
 * E tr(K - K^) <= (1 + e) tr(K - K_r) for m >= r / e + r log(1 / (e h)), h = tr(K - K_r) / tr(K), by the eigenvalues of K, on sets where
 * uniform landmarks are many times worse.
 */
class PivotTheoremTest {
    private static final int ROWS = 800;
    private static final int SEEDS = 8;

    static double mean(HardSets.HardSet set, List<Landmarks> choices) {
        double sum = 0;
        for (Landmarks landmarks : choices) {
            RowBlocks table = LocalBlocks.of(new MatrixRows(
                    set.rows(), "x", Precision.DOUBLE, new Layout(set.rows().rows(), 256, 128)));
            Nystrom map = Nystrom.of(
                    set.kernel(), landmarks.choose(table, set.kernel()).points(), Precision.DOUBLE);
            sum += table.map(new Features(map))
                    .pass(new TracePass(set.kernel(), -1))
                    .relative();
        }
        return sum / choices.size();
    }

    /** The least bound that the theorem gives for m landmarks, as a part of the trace; w ascending. */
    static double bound(double[] w, int m) {
        double trace = 0;
        for (double value : w) {
            trace += Math.max(0, value);
        }
        double best = Double.POSITIVE_INFINITY;
        double tail = trace;
        for (int r = 1; r < m; r++) {
            tail -= Math.max(0, w[w.length - r]);
            double h = Math.max(tail, 1e-13 * trace) / trace;
            for (double e = 0.05; e < 100; e *= 1.3) {
                if (m >= r / e + r * Math.max(0, Math.log(1 / (e * h)))) {
                    best = Math.min(best, (1 + e) * h);
                }
            }
        }
        return best;
    }

    @Test
    void theBoundHoldsWhereUniformFails() {
        for (HardSets.HardSet set : List.of(HardSets.outliers(ROWS), HardSets.smile(ROWS), HardSets.spiral(ROWS))) {
            double[] w =
                    Dense.eigen(KernelMatrices.gram(set.kernel(), set.rows())).w();
            for (int m : new int[] {50, 100}) {
                double mean = mean(set, seeded(seed -> new RpCholesky(m, seed, 0)));
                assertThat(mean).as("%s m=%d", set.name(), m).isLessThanOrEqualTo(bound(w, m));
                if (m == 100) {
                    assertThat(mean).as(set.name()).isLessThan(0.7 * mean(set, seeded(seed -> new Uniform(m, seed))));
                }
            }
        }
    }

    private static List<Landmarks> seeded(LongFunction<Landmarks> sampler) {
        return LongStream.range(0, SEEDS).mapToObj(sampler).toList();
    }
}
