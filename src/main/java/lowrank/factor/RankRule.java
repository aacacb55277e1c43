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

        private int least(double[] s) {
            double norm = tail(s, 0);
            for (int k = 1; k < s.length; k++) {
                if (!(tail(s, k) > frobenius * norm) && !(s[k] > spectral * s[0])) {
                    return k;
                }
            }
            return s.length;
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
            return tolerance.least(s);
        }
        return s.length;
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
