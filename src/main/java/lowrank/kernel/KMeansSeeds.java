package lowrank.kernel;

import java.util.Arrays;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/**
 * The seeds of k-means by k-means++ (Arthur and Vassilvitskii, 2007): the first uniform, each next with chances proportional to the squared
 * distance to the nearest so far. In rounds, as {@link RpCholesky}: proposals are drawn from the distances that the seeds so far
 * leave, then taken one after the other with the probability that their distance is still there, which is the same law.
 */
final class KMeansSeeds {
    private static final int PROPOSALS = 512;
    private static final int PANEL = 2048;

    private KMeansSeeds() {}

    /** At most {@code count} different rows of a matrix whose rows are in random order. */
    static Matrix choose(Matrix points, int count, long seed) {
        Philox draws = new Philox(seed, Landmarks.Streams.SEEDS);
        Philox accepts = new Philox(seed, Landmarks.Streams.SEEDS_ACCEPT);
        double[] distances = new double[points.rows()];
        Arrays.fill(distances, Double.POSITIVE_INFINITY);
        int[] chosen = new int[count];
        int filled = 1;
        int known = 0;
        for (int round = 0; filled < count; round++) {
            approach(points, rows(points, Arrays.copyOfRange(chosen, known, filled)), distances);
            known = filled;
            int[] proposals = draw(distances, Math.min(PROPOSALS, Math.max(32, count)), draws, round);
            if (proposals == null) {
                break;
            }
            Matrix between = KernelMatrices.gram(new SquaredDistance(), rows(points, proposals));
            for (int i = 0; i < proposals.length && filled < count; i++) {
                double still = distances[proposals[i]];
                for (int a = known; a < filled; a++) {
                    still = Math.min(still, between.get(place(proposals, chosen[a]), i));
                }
                if (accepts.uniformAt(round, i) * distances[proposals[i]] < still) {
                    chosen[filled++] = proposals[i];
                }
            }
        }
        return rows(points, Arrays.copyOf(chosen, filled));
    }

    private static int place(int[] proposals, int row) {
        int place = 0;
        while (proposals[place] != row) {
            place++;
        }
        return place;
    }

    /** Rows with chances proportional to their distances; null when all are 0. */
    private static int[] draw(double[] distances, int count, Philox random, int round) {
        double[] sums = new double[distances.length];
        double sum = 0;
        for (int i = 0; i < sums.length; i++) {
            sum += distances[i];
            sums[i] = sum;
        }
        if (sum == 0) {
            return null;
        }
        int[] drawn = new int[count];
        for (int t = 0; t < count; t++) {
            double at = random.uniformAt(round, t) * sum;
            int low = 0;
            int high = sums.length - 1;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (sums[middle] > at) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            while (distances[low] == 0) {
                low--;
            }
            drawn[t] = low;
        }
        return drawn;
    }

    /** Distances to the nearest seed, with some seeds more. */
    private static void approach(Matrix points, Matrix seeds, double[] distances) {
        for (int first = 0; first < distances.length; first += PANEL) {
            int some = Math.min(PANEL, distances.length - first);
            int[] panel = new int[some];
            for (int i = 0; i < some; i++) {
                panel[i] = first + i;
            }
            Matrix to = KernelMatrices.between(new SquaredDistance(), rows(points, panel), seeds);
            for (int j = 0; j < seeds.rows(); j++) {
                for (int i = 0; i < some; i++) {
                    distances[first + i] = Math.min(distances[first + i], to.get(i, j));
                }
            }
        }
    }

    private static Matrix rows(Matrix points, int[] chosen) {
        return Leverage.rows(points, chosen);
    }
}
