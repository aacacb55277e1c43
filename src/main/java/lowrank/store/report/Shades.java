package lowrank.store.report;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Numbers as shades: the stronger, the larger. With signs there are two colours, which a print without colour tells apart by a dash in
 * what is negative.
 *
 * @param signed whether {@code low} is {@code -high} and shades start at 0 in both directions
 * @param logarithmic whether equal ratios are equal steps
 */
record Shades(boolean signed, boolean logarithmic, double low, double high) {
    /** Shades of one colour: more are not told apart, and each is one path. */
    static final int STEPS = 10;

    private static final double SPREAD = 20;

    /** From -1 to 1. */
    static Shades ofScores() {
        return new Shades(true, false, -1, 1);
    }

    /** From 0 to the largest; by ratios where few are so large that the others would look alike. Values that are not finite do not count. */
    static Shades upTo(DoubleStream values) {
        double[] positive =
                values.filter(v -> v > 0 && Double.isFinite(v)).sorted().toArray();
        if (positive.length == 0) {
            return new Shades(false, false, 0, 1);
        }
        double high = positive[positive.length - 1];
        if (high > SPREAD * positive[positive.length / 2]) {
            // The least tenth of a percent would stretch the scale.
            return new Shades(false, true, positive[positive.length / 1000], high);
        }
        return new Shades(false, false, 0, high);
    }

    /** -STEPS to STEPS; 0 where there is nothing to see: zero, no number, or less than a logarithmic scale begins with. */
    int level(double value) {
        if (Double.isNaN(value) || value == 0 || logarithmic && !(value >= low)) {
            return 0;
        }
        double share = logarithmic ? Math.log(value / low) / Math.log(high / low) : Math.abs(value) / high;
        int step = (int) Math.ceil(STEPS * Math.min(1, Double.isNaN(share) ? 1 : share));
        return value < 0 ? -Math.max(1, step) : Math.max(1, step);
    }

    /** How much of its colour a shade has. */
    static double strength(int level) {
        return 0.05 + 0.95 * Math.abs(level) / STEPS;
    }

    /** The value at which a shade ends. */
    double end(int level) {
        double share = (double) Math.abs(level) / STEPS;
        return Math.copySign(logarithmic ? low * Math.pow(high / low, share) : high * share, level);
    }

    /** The shades from the lowest to the highest, without 0. */
    int[] levels() {
        int[] levels = new int[signed ? 2 * STEPS : STEPS];
        Arrays.setAll(levels, i -> !signed ? i + 1 : i < STEPS ? i - STEPS : i - STEPS + 1);
        return levels;
    }
}
