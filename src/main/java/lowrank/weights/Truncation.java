package lowrank.weights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** How many components of a matrix are kept. */
public sealed interface Truncation extends Serializable {

    /** As many as this, or all there are. */
    record Rank(int rank) implements Truncation {
        @Override
        public int choose(double[] s, int rows, int cols) {
            return Math.min(rank, s.length);
        }
    }

    /** As many as hold this share of the numbers of the matrix: floor(share m n / (m + n)), the rule of SVD-LLM. */
    record Ratio(double share) implements Truncation {
        public Ratio {
            if (!(share > 0 && share < 1)) {
                throw new IllegalArgumentException(
                        "factor.ratio is a share of the numbers of each matrix, above 0 and below 1");
            }
        }

        @Override
        public int choose(double[] s, int rows, int cols) {
            // A share such as 0.58 is no double: what is a whole number but for that counts as one.
            double rank = share * ((double) rows * cols) / ((double) rows + cols);
            return Math.min(s.length, (int) (rank * (1 + WeightSpectrum.TIE)));
        }
    }

    /** The least number that hold this share of sum s^2. */
    record Energy(double share) implements Truncation {
        public Energy {
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("factor.energy is a share of all squares, above 0 and at most 1");
            }
        }

        @Override
        public int choose(double[] s, int rows, int cols) {
            return WeightSpectrum.holding(s, share);
        }
    }

    /** The least number that leave at most this part of the Frobenius norm. */
    record RelativeError(double error) implements Truncation {
        public RelativeError {
            if (!(error >= 0 && error < 1)) {
                throw new IllegalArgumentException(
                        "factor.relative-error is a part of the norm, at least 0 and below 1");
            }
        }

        @Override
        public int choose(double[] s, int rows, int cols) {
            double[] tails = WeightSpectrum.tails(s);
            int k = 0;
            while (k < s.length && tails[k] > error * error * tails[0] * (1 + WeightSpectrum.TIE)) {
                k++;
            }
            return k;
        }
    }

    /** Those above what noise of an unknown level, told from the median singular value, would leave. */
    record Noise(NoiseLevel level) implements Truncation {
        @Override
        public int choose(double[] s, int rows, int cols) {
            // Where more than half of the values are rounding, so is the median, and what is above it: no result may
            // hang on that.
            double rounding = s.length == 0 ? 0 : Math.max(rows, cols) * Math.ulp(1.0) * s[0];
            double edge = Math.max(level.edge(s, rows, cols), rounding);
            int k = 0;
            while (k < s.length && s[k] > edge) {
                k++;
            }
            return k;
        }
    }

    /** At most so many numbers in the factors of all matrices together; see {@link #share}. */
    record Budget(long parameters) implements Truncation {
        public Budget {
            if (parameters < 1) {
                throw new IllegalArgumentException("factor.budget is a number of parameters, at least 1");
            }
        }

        @Override
        public int choose(double[] s, int rows, int cols) {
            throw new IllegalStateException("a budget is shared among all matrices at once");
        }
    }

    /**
     * The rank that is kept of one matrix.
     *
     * @param s all singular values, descending
     */
    int choose(double[] s, int rows, int cols);

    /**
     * The spectrum of a matrix among others.
     *
     * @param s all singular values, descending
     * @param most components that are worth having
     */
    record Candidate(double[] s, int rows, int cols, int most) {}

    /**
     * Ranks of all matrices under one budget: components in the order of s_i^2 / (m + n), the squared error that each parameter takes
     * away, as long as they fit. Of one matrix they are taken in order, so the error that is left is exactly the sum of all tails.
     *
     * @return a rank for each matrix
     */
    static int[] share(Budget budget, List<Candidate> matrices) {
        record Component(int matrix, int index, double gain) {}
        List<Component> components = new ArrayList<>();
        for (int l = 0; l < matrices.size(); l++) {
            Candidate matrix = matrices.get(l);
            for (int i = 0; i < Math.min(matrix.most(), matrix.s().length) && matrix.s()[i] > 0; i++) {
                double root = matrix.s()[i] / Math.sqrt((double) matrix.rows() + matrix.cols());
                components.add(new Component(l, i, root));
            }
        }
        components.sort(Comparator.comparingDouble((Component c) -> -c.gain)
                .thenComparingInt(Component::matrix)
                .thenComparingInt(Component::index));
        int[] ranks = new int[matrices.size()];
        long left = budget.parameters();
        for (Component c : components) {
            Candidate matrix = matrices.get(c.matrix);
            long price = (long) matrix.rows() + matrix.cols();
            // A component that does not fit closes its matrix: later ones come later, cost as much, and no less is
            // spent by then.
            if (price <= left) {
                ranks[c.matrix]++;
                left -= price;
            }
        }
        return ranks;
    }
}
