package lowrank.kernel;

/** Checks of the parameters of kernels; messages begin with the key of a spec. */
final class Parameter {
    private Parameter() {}

    /** A finite number above 0. */
    static void requirePositive(String key, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("kernel." + key + " must be a positive number, not " + value);
        }
    }

    /** A finite number of at least 0. */
    static void requireNotNegative(String key, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("kernel." + key + " must be a number of at least 0, not " + value);
        }
    }
}
