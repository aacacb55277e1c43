package lowrank.factor;

/** How many singular values are kept. */
public sealed interface RankRule {

    /** A number. */
    record Fixed(int rank) implements RankRule {
        public Fixed {
            if (rank < 1) {
                throw new IllegalArgumentException("factor.rank is " + rank + "; it must be at least 1, or full");
            }
        }
    }

    /** All of min(rows, cols). */
    record Full() implements RankRule {}

    /**
     * The least rank whose residual is at most this part of the norm of the (centred) matrix.
     *
     * @param frobenius relative Frobenius residual, or NaN when not demanded
     * @param spectral relative spectral residual, or NaN when not demanded
     */
    record Tolerance(double frobenius, double spectral) implements RankRule {
        public Tolerance {
            if (Double.isNaN(frobenius) && Double.isNaN(spectral)) {
                throw new IllegalArgumentException("factor.tolerance needs frobenius or spectral");
            }
        }

        /**
         * A residual that equals a tolerance but for rounding would miss it in the certificate, whose bounds include rounding: such
         * a tie takes one value more.
         */
        private static final double INWARD = 1 - 1e-10;

        /**
         * The least rank that holds what is demanded, or -1. With M the part of the matrix that the values leave out, orthogonal
         * to theirs, the residual of rank k is s_(k+1)^2 + ... + ||M||_F^2 and at most s_(k+1)^2 + ||M||_2^2.
         */
        int least(double[] s, Missed missed) {
            double norm = Math.hypot(tail(s, 0), missed.frobenius());
            for (int k = 1; k <= s.length; k++) {
                double next = k < s.length ? s[k] : 0;
                if (!(Math.hypot(tail(s, k), missed.frobenius()) > INWARD * frobenius * norm)
                        && !(Math.hypot(next, missed.spectral()) > INWARD * spectral * s[0])) {
                    return k;
                }
            }
            return -1;
        }
    }

    /**
     * The rank that this rule keeps of a whole spectrum.
     *
     * @param s all singular values, descending
     */
    default int choose(double[] s) {
        if (this instanceof Fixed fixed) {
            return Math.min(fixed.rank, s.length);
        }
        if (this instanceof Tolerance tolerance) {
            // With all values the residual is 0.
            return s.length == 0 ? 0 : tolerance.least(s, Missed.NOTHING);
        }
        return s.length;
    }

    /** The most values that this rule may keep of a matrix of a shape. */
    default int most(long rows, int cols) {
        int all = (int) Math.min(rows, cols);
        return this instanceof Fixed fixed ? Math.min(fixed.rank, all) : all;
    }

    /** In words, that a matrix has fewer values than were asked for. */
    default String shortfall(int rank, int wanted) {
        return "the matrix has rank " + rank + ", so " + rank + " singular values are returned where "
                + (this instanceof Full ? "all" : String.valueOf(wanted)) + " were asked for";
    }

    /** sqrt(s_from^2 + s_(from+1)^2 + ...), summed from the smallest, safe from overflow. */
    static double tail(double[] s, int from) {
        if (from >= s.length || s[from] == 0) {
            return 0;
        }
        double sum = 0;
        for (int j = s.length - 1; j >= from; j--) {
            double ratio = s[j] / s[from];
            sum += ratio * ratio;
        }
        return s[from] * Math.sqrt(sum);
    }
}
