package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The truth is inside every bound every time, over random shapes, spectra, ranks, seeds, centring and precisions. */
class CertificateTrialsTest {
    /** The spectral bound over the truth, in the median: issue 2. */
    private static final double DECAYING = 5;

    private static final double FLAT = 12;

    private static void trials(int count) {
        CertificateTrials trials = new CertificateTrials();
        trials.run(0, count);
        // For docs/accuracy.md.
        System.out.println(count + " trials: " + trials);
        assertThat(trials.decaying()).isLessThanOrEqualTo(DECAYING);
        assertThat(trials.level()).isLessThanOrEqualTo(FLAT);
    }

    @Test
    void sixtyTrials() {
        trials(60);
    }

    @Test
    @Tag("heavy")
    void thousandTrials() {
        trials(1000);
    }
}
