package lowrank.kernel;

import java.util.Map;

/**
 * A kernel that falls from k(x, x) = 1 with a distance over a bandwidth. The bandwidth is its only parameter where it names no others.
 */
interface DistanceKernel extends Kernel {
    /** What the parameter is called. */
    String BANDWIDTH = "bandwidth";

    /** The distance over which the kernel falls, s. */
    double bandwidth();

    /** Refuses what is no bandwidth: for constructors. */
    static void require(double bandwidth) {
        Parameter.requirePositive(BANDWIDTH, bandwidth);
    }

    @Override
    default Map<String, Double> parameters() {
        return Map.of(BANDWIDTH, bandwidth());
    }

    @Override
    default double self(double size) {
        return 1;
    }

    /** What distances are multiplied by, for a tiny bandwidth too: infinity times the distance 0 of equal rows would be NaN. */
    static double factor(double factor) {
        return Math.max(-Double.MAX_VALUE, Math.min(factor, Double.MAX_VALUE));
    }
}
