package lowrank.weights;

import java.util.Arrays;

/**
 * What singular values a matrix of pure noise would have, its level told from the median singular value: with independent entries of
 * deviation sigma the median of s^2 is n sigma^2 mu, n the longer side and mu the median of the law of Marchenko and Pastur (1967) for
 * beta = shorter / longer side.
 */
public enum NoiseLevel {
    /** The cut that leaves the least squared error (Gavish and Donoho, 2014). */
    GAVISH_DONOHO,
    /** The largest singular value of the noise, sigma (sqrt m + sqrt n). */
    MARCHENKO_PASTUR;

    private static final int STEPS = 4096;
    private static final int HALVINGS = 60;

    /** Singular values up to this are noise. */
    double edge(double[] s, int rows, int cols) {
        if (s.length == 0) {
            return 0;
        }
        double beta = (double) Math.min(rows, cols) / Math.max(rows, cols);
        double unit = median(s) / Math.sqrt(medianOfLaw(beta)); // sigma sqrt n
        return switch (this) {
            case GAVISH_DONOHO ->
                unit * Math.sqrt(2 * (beta + 1) + 8 * beta / (beta + 1 + Math.sqrt(beta * beta + 14 * beta + 1)));
            case MARCHENKO_PASTUR -> unit * (1 + Math.sqrt(beta));
        };
    }

    private static double median(double[] s) {
        double[] sorted = s.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** The median of the law of eigenvalues on [(1 - sqrt beta)^2, (1 + sqrt beta)^2], by bisection. */
    static double medianOfLaw(double beta) {
        double low = square(1 - Math.sqrt(beta));
        double high = square(1 + Math.sqrt(beta));
        double from = low;
        double to = high;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (from + to) / 2;
            if (below(middle, low, high, beta) < 0.5) {
                from = middle;
            } else {
                to = middle;
            }
        }
        return (from + to) / 2;
    }

    /**
     * The share of eigenvalues below x: the integral of sqrt((high - t)(t - low)) / (2 pi beta t), with t = low + (high - low) sin^2(a),
     * which takes the roots away from both ends, by Simpson's rule.
     */
    private static double below(double x, double low, double high, double beta) {
        double width = high - low;
        double end = Math.asin(Math.sqrt(Math.min(1, (x - low) / width)));
        double h = end / STEPS;
        double sum = 0;
        for (int i = 0; i <= STEPS; i++) {
            double sine = Math.sin(i * h);
            double cosine = Math.cos(i * h);
            double t = low + width * sine * sine;
            // At beta = 1 both t and sin^2 vanish at the lower end, and their quotient is 1 / width.
            double quotient = t == 0 ? 1 / width : sine * sine / t;
            double density = width * width * quotient * cosine * cosine / (Math.PI * beta);
            sum += density * (i == 0 || i == STEPS ? 1 : i % 2 == 1 ? 4 : 2);
        }
        return sum * h / 3;
    }

    private static double square(double x) {
        return x * x;
    }
}
