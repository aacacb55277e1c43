package lowrank.kernel;

import lowrank.random.Draws;

/**
 * A kernel of x - y alone. By Bochner's theorem it is the mean of cos(w'(x - y)) over frequencies w of some
 * distribution, here radius times direction.
 */
interface ShiftInvariant extends DistanceKernel {
    /** Whether frequencies are standard normal directions times a radius, so that directions may be made orthogonal. */
    default boolean isotropic() {
        return true;
    }

    /** direction[from + j] of frequency {@code feature}, j < count. */
    default void direction(Draws random, long feature, double[] direction, int from, int count) {
        random.gaussians(feature, direction, from, count);
    }

    /** What the direction of frequency {@code feature} is multiplied by. */
    double radius(Draws random, long feature);
}
