package lowrank.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;

/**
 * The centres of k-means as landmarks, which are no rows of the table: seeds by k-means++ from a pool of uniform rows ({@link KMeansSeeds}),
 * then a fixed number of Lloyd's steps over all rows; a centre that no row is nearest to stays where it is. For kernels that are smooth
 * in the distance the error of K follows the distance of rows to their centres (Zhang, Tsang and Kwok, 2008). Distances are Euclidean
 * for every kernel. <b>Cost</b>: a pass of 2 d m flops a row for each step, and one for the pool.
 *
 * @param steps of Lloyd
 */
public record KMeans(int count, long seed, int steps) implements Landmarks {
    public KMeans {
        Landmarks.requireCount(count);
        if (steps < 0) {
            throw new IllegalArgumentException("the steps of k-means must be at least 0, not " + steps);
        }
    }

    @Override
    public String name() {
        return "k-means";
    }

    @Override
    public Chosen choose(RowBlocks rows, Kernel kernel) {
        Landmarks.requireRows(count, rows.rows());
        Pool pool = Pool.of(rows, count, seed);
        Matrix centres = KMeansSeeds.choose(pool.points(), count, seed);
        List<String> notes = new ArrayList<>();
        if (centres.rows() < count) {
            notes.add("the rows of the pool differ in " + centres.rows() + " places, fewer than the " + count
                    + " landmarks asked for");
        }
        double before = Double.NaN;
        double after = Double.NaN;
        for (int step = 0; step < steps; step++) {
            LloydPass.Sums sums = rows.pass(new LloydPass(centres));
            after = sums.spread();
            before = step == 0 ? after : before;
            centres = moved(centres, sums);
        }
        if (steps > 0) {
            notes.add(String.format(
                    Locale.ROOT,
                    "%d steps: mean squared distance to the centres from %.4g to %.4g or less",
                    steps,
                    before / rows.rows(),
                    after / rows.rows()));
        }
        long[] positions = new long[centres.rows()];
        Arrays.fill(positions, -1);
        return new Chosen(centres, positions, notes, new double[0]);
    }

    private static Matrix moved(Matrix centres, LloydPass.Sums sums) {
        int d = centres.cols();
        Matrix moved = new Matrix(centres.rows(), d, centres.values().clone());
        for (int j = 0; j < centres.rows(); j++) {
            for (int t = 0; t < d && sums.counts()[j] > 0; t++) {
                moved.set(j, t, sums.sums()[j * d + t] / sums.counts()[j]);
            }
        }
        return moved;
    }
}
