package lowrank.certify;

import java.util.OptionalLong;

/**
 * Eigenvalues that fall about as c j^-b: a line through the logarithms of those that an approximation knows well, to say how many more
 * would be needed. An estimate, not a bound.
 */
record Decay(double c, double b) {

    /** Fits eigenvalues in descending order, from an eighth to a half of them: the last ones of an approximation are too small. */
    static Decay of(double[] descending) {
        int from = descending.length / 8;
        int to = Math.max(from + 2, descending.length / 2);
        double n = 0;
        double sx = 0;
        double sy = 0;
        double sxx = 0;
        double sxy = 0;
        for (int j = from; j < Math.min(to, descending.length); j++) {
            if (descending[j] > 0) {
                double x = Math.log(j + 1);
                double y = Math.log(descending[j]);
                n++;
                sx += x;
                sy += y;
                sxx += x * x;
                sxy += x * y;
            }
        }
        double slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
        return new Decay(Math.exp((sy - slope * sx) / n), -slope);
    }

    /** The least m with sum of c j^-b over j above m at most {@code tail}; empty where the sum does not converge. */
    OptionalLong rankFor(double tail) {
        if (!(b > 1.01) || !(tail > 0)) {
            return OptionalLong.empty();
        }
        double m = Math.pow(tail * (b - 1) / c, 1 / (1 - b));
        return m < Long.MAX_VALUE / 2 ? OptionalLong.of((long) Math.ceil(m)) : OptionalLong.empty();
    }
}
