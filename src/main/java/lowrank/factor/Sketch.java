package lowrank.factor;

import java.io.Serializable;

/**
 * How hard a randomised method looks.
 *
 * @param oversampling columns of the sketch beyond the rank, so that the last values converge too
 * @param powerIterations products with A^T A; each makes what lies below the rank matter less, at one pass
 * @param full whether one pass more lifts the limit of about 1e-8 s_1 that products with A^T A set
 * @param probes random vectors that measure what was missed
 * @param failureProbability how often the bound they give may fail
 * @param seed of all random numbers
 */
public record Sketch(
        int oversampling, int powerIterations, boolean full, int probes, double failureProbability, long seed)
        implements Serializable {
    /**
     * What {@code power-iterations = auto} stands for: on values that fall as 1/j, the last of 100 is right to 1.5e-4, where two
     * leave 2e-2 and four 3e-7.
     */
    public static final int POWER_ITERATIONS = 3;

    /** The most power iterations; far beyond, nothing is left to gain. */
    static final int MOST_ITERATIONS = 63;

    /** The most probes; more would only slow down the pass that they ride on. */
    private static final int MOST_PROBES = 1000;

    public Sketch {
        require(oversampling >= 0, "factor.oversampling is " + oversampling + "; it must be at least 0");
        require(
                powerIterations >= 0 && powerIterations <= MOST_ITERATIONS,
                "factor.power-iterations is " + powerIterations + "; it must lie between 0 and " + MOST_ITERATIONS);
        require(
                probes >= 1 && probes <= MOST_PROBES,
                "certify.probes is " + probes + "; it must lie between 1 and " + MOST_PROBES);
        require(
                failureProbability > 0 && failureProbability < 1,
                "certify.failure-probability is " + failureProbability + "; it must lie between 0 and 1");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** The defaults with a seed. */
    public static Sketch of(long seed) {
        return new Sketch(10, POWER_ITERATIONS, false, 34, 1e-10, seed);
    }

    /** The same with full accuracy. */
    public Sketch toFull() {
        return new Sketch(oversampling, powerIterations, true, probes, failureProbability, seed);
    }
}
