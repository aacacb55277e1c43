package lowrank.factor;

import lowrank.linalg.Matrix;

/**
 * What the values that are known leave out of a matrix A: norms of the part M that is orthogonal to all of them.
 *
 * @param frobenius bound on ||M||_F
 * @param spectral bound on ||M||_2
 * @param source how ||M||_F is known: {@code "spectrum"} (all values are known), {@code "subtraction"} or {@code "probes"}
 * @param probes random vectors that were used
 * @param failureProbability the probability that a bound does not hold: 0 when they are deterministic
 */
public record Missed(double frobenius, double spectral, String source, int probes, double failureProbability) {
    /** Nothing: all values are known. */
    public static final Missed NOTHING = new Missed(0, 0, "spectrum", 0, 0);

    /** Nothing but rounding: all values are known. */
    static Missed nothingBut(double rounding) {
        return new Missed(rounding, rounding, "spectrum", 0, 0);
    }

    /** ||A||_F^2 - sum s^2 is known to this many units of roundoff of ||A||_F^2. */
    private static final double SUBTRACTED = 32;

    /**
     * Subtraction is used while it leaves this many units of roundoff: a residual of 2.1e-7 ||A||_F in double (Yu, Gu and Li, 2018,
     * "Efficient randomized algorithms for the fixed-precision low-rank matrix approximation").
     */
    private static final double SUBTRACTABLE = 400;

    /** The same as one of several that together fail with a probability. */
    Missed within(double together) {
        return new Missed(frobenius, spectral, source, probes, failureProbability > 0 ? together : 0);
    }

    /** In other units. */
    Missed dividedBy(double unit) {
        return new Missed(frobenius / unit, spectral / unit, source, probes, failureProbability);
    }

    /**
     * From the norm of A, the values s_j and probes.
     *
     * <p>With M = A (I - Q Q^T), or M = (I - Q_Y Q_Y^T) A where Q_Y spans A Q, and independent normal vectors w_i:
     * <ul>
     *   <li>||M||_F^2 = ||A||_F^2 - sum s_j^2, since the rest of A is orthogonal to M;
     *   <li>||M||_2^2 = ||M^T M||_2 <= a sqrt(2/pi) max_i ||M^T M w_i|| but for a probability of a^-p (Halko, Martinsson and
     *       Tropp, 2011, Lemma 4.1), with a = failureProbability^(-1/p);
     *   <li>||M||_F^2 <= mean_i ||M w_i||^2 / c but for a probability of (c e^(1-c))^(p/2): Chernoff's bound for a sum of squares,
     *       worst when M has rank one.
     * </ul>
     * Where both random bounds are needed each is given half of failureProbability, so that together they fail with no more. Rounding of A w and A^T y by {@code
     * delta} relative to unit vectors enters as ||M^T M w|| <= computed + delta ||M w|| + delta^2 ||w||.
     *
     * @param roundoff of the blocks
     * @param norm ||A||_F
     * @param s values known, descending
     * @param probes w_i outside of Q, n x p
     * @param images M^T M w_i
     * @param delta error of a product with A and a unit vector
     */
    static Missed of(
            double roundoff,
            double norm,
            double[] s,
            Matrix probes,
            Matrix images,
            double failureProbability,
            double delta) {
        double known = 0;
        for (int j = s.length - 1; j >= 0; j--) {
            known += s[j] * s[j];
        }
        double left = norm * norm - known;
        double subtracted = Math.hypot(Math.sqrt(Math.max(0, left)), uncertainty(roundoff, norm));
        int p = probes.cols();
        if (p == 0) {
            return new Missed(subtracted, subtracted, "subtraction", 0, 0);
        }
        double[] lengths = images.columnNorms();
        double longest = 0;
        double largest = 0;
        double mean = 0;
        for (int i = 0; i < p; i++) {
            double square = Math.max(0, dot(probes, images, i));
            longest = Math.max(longest, lengths[i]);
            largest = Math.max(largest, Math.sqrt(square));
            mean += square / p;
        }
        double root = Math.sqrt(probes.rows());
        boolean exact = left >= SUBTRACTABLE * roundoff * norm * norm;
        double share = exact ? failureProbability : failureProbability / 2;
        double a = Math.pow(share, -1.0 / p);
        double spectral = Math.sqrt(a * Math.sqrt(2 / Math.PI) * (longest + delta * largest + delta * delta * root));
        double probed = Math.sqrt(mean / quantile(p, share)) + delta * root;
        double frobenius = exact ? subtracted : Math.min(subtracted, probed);
        boolean random = spectral < frobenius || frobenius < subtracted;
        return new Missed(
                frobenius,
                Math.min(spectral, frobenius),
                exact ? "subtraction" : "probes",
                p,
                random ? failureProbability : 0);
    }

    /** The square root of what sums of squares may be off, when their total is ||A||_F^2. */
    static double uncertainty(double roundoff, double norm) {
        return Math.sqrt(SUBTRACTED * roundoff) * norm;
    }

    /**
     * sqrt(s_from^2 + s_(from+1)^2 + ...) as a bound, where values are off: their squares together by a part of the squared norm,
     * or each by its rounding.
     */
    static double tail(double[] s, int from, double roundoff, double norm, double rounding) {
        double tail = RankRule.tail(s, from);
        double together = Math.hypot(tail, uncertainty(roundoff, norm));
        double each = tail + Math.sqrt(s.length - from) * rounding;
        return Math.min(together, each);
    }

    private static double dot(Matrix a, Matrix b, int column) {
        double sum = 0;
        for (int i = 0; i < a.rows(); i++) {
            sum += a.get(i, column) * b.get(i, column);
        }
        return sum;
    }

    /** The c < 1 with (c e^(1-c))^(p/2) = probability, by bisection: ln c + 1 - c ascends. */
    static double quantile(int p, double probability) {
        double wanted = 2.0 / p * Math.log(probability);
        double low = Math.exp(wanted - 1);
        double high = 1;
        for (int i = 0; i < 100; i++) {
            double middle = (low + high) / 2;
            if (Math.log(middle) + 1 - middle < wanted) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
