package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;

import lowrank.blas.Precision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TsqrTest {
    /** What DESIGN promises for error / s1 and both orthogonality defects, on every spectrum and scale. */
    private static final double PROMISE = 1e-13;

    @ParameterizedTest
    @CsvSource({
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
            KnownMatrix matrix = KnownMatrix.of(spectrum, 5000, 200, 200, scale, Precision.DOUBLE);
            Measured m = Measured.of(new Tsqr(new RankRule.Full(), false, false, true), matrix, 1);
            System.out.printf(
                    "%s scale %.0e: rank %d error %.1e U %.1e V %.1e %s%n",
                    spectrum,
                    scale,
                    m.svd().rank(),
                    m.errorRatio(),
                    m.defectU(),
                    m.defectV(),
                    m.svd().evidence().algorithm());
            assertThat(m.errorRatio()).isLessThanOrEqualTo(PROMISE);
            assertThat(m.defectU()).isLessThanOrEqualTo(PROMISE);
            assertThat(m.defectV()).isLessThanOrEqualTo(PROMISE);
        }
    }
}
