package lowrank.certify;

/** What an approximation must be no farther from the truth than: something that costs nothing. */
public final class Baseline {
    /**
     * Relative errors up to this do no harm, whatever the baseline leaves: where it leaves nothing, such as the mean of values that are all
     * alike, an approximation leaves rounding, of floats up to 1e-6.
     */
    private static final double HARMLESS = 1e-5;

    private Baseline() {}

    /** Whether an error is larger than that of the baseline, or no number. */
    public static boolean isNearer(double baseline, double error) {
        return !(error <= Math.max(baseline, HARMLESS));
    }
}
