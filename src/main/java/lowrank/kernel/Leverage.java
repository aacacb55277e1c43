package lowrank.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/**
 * Landmarks by ridge leverage scores l_i = (K (K + mu I)^-1)_ii, the part of row i that no other row explains, estimated by recursion
 * (Musco and Musco, 2017): the scores of a table follow from a weighted sample of half of it, whose scores follow from half of that. mu
 * is the sum of all but the k largest eigenvalues, divided by k, for k = m / (4 log m). With O(d log d) landmarks, d = sum of the scores, K^ is within mu
 * of K in the spectral norm.
 *
 * <p>Chosen from a pool of uniform rows, 20 to 50 for each landmark, or from all rows where they are no more. <b>Cost</b>: one pass; on
 * the driver 2 p m (2 d + m) flops for a pool of p rows, and an eigendecomposition of order m per halving.
 */
public record Leverage(int count, long seed) implements Landmarks {
    /** Rows whose scores are computed at once. */
    private static final int PANEL = 2048;

    /** The least mu, as a part of the trace: below it scores would be those of rounding. */
    private static final double LEAST = 1e-12;

    public Leverage {
        Landmarks.requireCount(count);
    }

    @Override
    public String name() {
        return "leverage";
    }

    /** Some rows of the pool, each counted so many times in K. */
    private record Weighted(int[] rows, double[] squares) {}

    @Override
    public Chosen choose(RowBlocks rows, Kernel kernel) {
        Landmarks.requireRows(count, rows.rows());
        Pool pool = Pool.of(rows, count, seed);
        int p = pool.rows().length;
        // Rows of the pool are in random order: the first half is a uniform half.
        List<Integer> sizes = new ArrayList<>(List.of(p));
        while (sizes.get(sizes.size() - 1) > count) {
            sizes.add((sizes.get(sizes.size() - 1) + 1) / 2);
        }
        int level = sizes.size() - 1;
        int[] all = new int[sizes.get(level)];
        Arrays.setAll(all, i -> i);
        double[] ones = new double[all.length];
        Arrays.fill(ones, 1);
        Weighted sample = new Weighted(all, ones);
        Philox random = new Philox(seed, Streams.LEVEL);
        double oversampling = Math.max(1, StrictMath.log(count));
        for (level--; level > 0; level--) {
            double[] scores = scores(kernel, pool.points(), sizes.get(level), sample, oversampling);
            sample = halved(scores, oversampling, random, level);
        }
        double[] scores = scores(kernel, pool.points(), p, sample, oversampling);
        return chosen(pool, scores);
    }

    /** Every row with the chance of its score, oversampled, and the inverse of that as its weight. */
    private Weighted halved(double[] scores, double oversampling, Philox random, int level) {
        int[] rows = new int[scores.length];
        double[] squares = new double[scores.length];
        int n = 0;
        for (int i = 0; i < scores.length; i++) {
            double chance = Math.min(1, oversampling * scores[i]);
            if (random.uniformAt(i, level) < chance) {
                rows[n] = i;
                squares[n++] = 1 / chance;
            }
        }
        if (n == 0) {
            rows[n] = 0;
            squares[n++] = scores.length;
        }
        return new Weighted(Arrays.copyOf(rows, n), Arrays.copyOf(squares, n));
    }

    /**
     * Scores of the first {@code size} rows, l_i = (k_ii - k_iS (K_SS + mu D^-1)^-1 k_Si) / mu, at most 1. With D^(1/2) K_SS D^(1/2) =
     * U diag(w) U^T the second term is |k_iS T|^2, T = D^(1/2) U diag(w + mu)^(-1/2): nothing can fail, however singular K_SS is.
     */
    private double[] scores(Kernel kernel, Matrix points, int size, Weighted sample, double oversampling) {
        int s = sample.rows.length;
        Matrix landmarks = rows(points, sample.rows);
        Matrix weighted = KernelMatrices.gram(kernel, landmarks);
        double trace = 0;
        for (int j = 0; j < s; j++) {
            for (int i = 0; i < s; i++) {
                weighted.set(i, j, weighted.get(i, j) * Math.sqrt(sample.squares[i] * sample.squares[j]));
            }
            trace += weighted.get(j, j);
        }
        Dense.SmallEigen eigen = Dense.eigen(weighted);
        double mu = ridge(eigen.w(), trace, (int) Math.ceil(count / (4 * oversampling)));
        Matrix t = Matrix.zeros(s, s);
        for (int j = 0; j < s; j++) {
            double factor = 1 / Math.sqrt(Math.max(0, eigen.w()[j]) + mu);
            for (int i = 0; i < s; i++) {
                t.set(i, j, factor * Math.sqrt(sample.squares[i]) * eigen.v().get(i, j));
            }
        }
        double[] scores = new double[size];
        for (int first = 0; first < size; first += PANEL) {
            int some = Math.min(PANEL, size - first);
            int[] panel = new int[some];
            for (int i = 0; i < some; i++) {
                panel[i] = first + i;
            }
            Matrix x = rows(points, panel);
            Matrix f = KernelMatrices.between(kernel, x, landmarks).times(t);
            double[] rest = KernelMatrices.selves(kernel, x);
            for (int j = 0; j < s; j++) {
                for (int i = 0; i < some; i++) {
                    rest[i] -= f.get(i, j) * f.get(i, j);
                }
            }
            for (int i = 0; i < some; i++) {
                scores[first + i] = Math.min(1, Math.max(0, rest[i]) / mu);
            }
        }
        return scores;
    }

    /** The sum of all but the k largest eigenvalues, divided by k; never below rounding. */
    private static double ridge(double[] w, double trace, int k) {
        double rest = 0;
        for (int i = 0; i < w.length - k; i++) {
            rest += Math.max(0, w[i]);
        }
        double mu = Math.max(rest / k, LEAST * trace);
        return mu > 0 ? mu : 1;
    }

    /** Rows with chances in proportion to their scores, without replacement and none twice: the smallest E_i / l_i, E_i exponential. */
    private Chosen chosen(Pool pool, double[] scores) {
        Philox random = new Philox(seed, Streams.LEVERAGE);
        double[] keys = new double[scores.length];
        long[] places = new long[scores.length];
        for (int i = 0; i < keys.length; i++) {
            places[i] = i;
            keys[i] = scores[i] > 0 ? -StrictMath.log(random.uniformAt(i, 0)) / scores[i] : Double.POSITIVE_INFINITY;
        }
        Sample all = Sample.of(pool.points(), keys, places);
        Sample best = Sample.smallest(all.width(), keys, places, all.values(), keys.length, count, true);
        int n = 0;
        while (n < best.count() && best.keys()[n] < Double.POSITIVE_INFINITY) {
            n++;
        }
        List<String> notes = new ArrayList<>();
        double sum = 0;
        for (double score : scores) {
            sum += score;
        }
        notes.add(String.format(java.util.Locale.ROOT, "the leverage scores sum to %.1f", sum));
        if (n < count) {
            notes.add("only " + n + " different rows have leverage, fewer than the " + count
                    + " landmarks asked for: all are landmarks");
        }
        n = Math.max(1, n);
        Sample kept = Sample.smallest(all.width(), best.keys(), best.rows(), best.values(), best.count(), n, false);
        return pool.ofTable(new Chosen(kept.matrix(), kept.rows(), notes, new double[0]));
    }

    static Matrix rows(Matrix points, int[] chosen) {
        Matrix rows = Matrix.zeros(chosen.length, points.cols());
        for (int t = 0; t < points.cols(); t++) {
            for (int i = 0; i < chosen.length; i++) {
                rows.set(i, t, points.get(chosen[i], t));
            }
        }
        return rows;
    }
}
