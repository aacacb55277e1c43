package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TsqrTest extends SvdContract {
    /** What DESIGN promises for error / s_1, on every spectrum and scale. */
    private static final double PROMISE = 1e-13;

    @Override
    SvdAlgorithm algorithm(RankRule rank, boolean center, boolean scale) {
        return new Tsqr(rank, center, scale, true);
    }

    @Override
    double accuracy() {
        return PROMISE;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "S1",
                "S2",
                "S3",
                "S10",
                "S11",
                "step-300",
                "step-20",
                "flat-tail",
                "D1",
                "D2",
                "D3",
                "D4",
                "D5",
                "harmonic"
            })
    void fullAccuracyOnKnownSpectra(String spectrum) {
        for (double scale : new double[] {1, 1e20, 1e-20}) {
            KnownMatrix matrix = KnownMatrix.of(spectrum, 1000, 80, 80, scale, Precision.DOUBLE)
                    .with(new Layout(1000, 256, 128));
            Measured m = Measured.of(algorithm(new RankRule.Full(), false, false), matrix, 2)
                    .requireFactors()
                    .requireTruthInside();
            assertThat(m.relativeError()).isLessThanOrEqualTo(PROMISE);
        }
    }
}
