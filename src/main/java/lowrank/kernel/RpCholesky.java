package lowrank.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.RowBlocks;

/**
 * Landmarks by randomly pivoted Cholesky: each is drawn with chances proportional to the diagonal of what the ones before leave of K,
 * k(x, x) - |z(x)|^2. With m >= r / e + r log(1 / (e h)) landmarks E tr(K - K^) <= (1 + e) tr(K - K_r), where h = tr(K - K_r) /
 * tr(K) (Chen, Epperly, Tropp and Webber, 2023). Found are outliers and small groups, which uniform rows miss.
 *
 * <p>In rounds: a pass draws b proposals from the diagonal that the landmarks so far leave ({@link PivotPass}); on the driver they are
 * taken one after the other, each with the probability that its diagonal is still there ({@link Pivots}): the same law as one by one
 * (Epperly, Tropp and Webber, 2024). <b>Cost</b>: a few passes of k (2 d + k) flops a row with k landmarks so far. Where rows times
 * landmarks exceed {@link Pool#LIMIT}, from a pool of uniform rows.
 *
 * @param count the most landmarks, m
 * @param tolerance stops as soon as tr(K - K^) is at most this part of tr(K); 0 to choose m
 * @param direct rows times landmarks up to which all rows are chosen from
 */
public record RpCholesky(int count, long seed, double tolerance, double direct) implements Landmarks {
    /** Proposals of a round. */
    private static final int FEWEST = 64;

    private static final int MOST = 1024;

    /** Values of the proposals in a node: 8 MB. */
    private static final int VALUES = 1 << 20;

    /** Rounds in a row that take nothing before the rest is called rounding. */
    private static final int PATIENCE = 3;

    public RpCholesky {
        Landmarks.requireCount(count);
        if (!(tolerance >= 0 && tolerance < 1)) {
            throw new IllegalArgumentException("features.tolerance must be in [0, 1), not " + tolerance);
        }
    }

    /** From a pool where the table is large. */
    public RpCholesky(int count, long seed, double tolerance) {
        this(count, seed, tolerance, Pool.LIMIT);
    }

    @Override
    public String name() {
        return "rpcholesky";
    }

    @Override
    public Chosen choose(RowBlocks rows, Kernel kernel) {
        Landmarks.requireRows(count, rows.rows());
        if ((double) count * rows.rows() > direct) {
            Pool pool = Pool.of(rows, count, seed);
            return pool.ofTable(pivots(pool.blocks(count), kernel));
        }
        return pivots(rows, kernel);
    }

    /** Proposals of a round for rows of this width. */
    static int draws(int count, int width) {
        return Math.max(1, Math.min(Math.min(MOST, Math.max(FEWEST, count)), VALUES / Math.max(1, width)));
    }

    private Chosen pivots(RowBlocks rows, Kernel kernel) {
        Precision precision = rows.schema().first().precision();
        int draws = draws(count, rows.cols());
        Pivots pivots = new Pivots(kernel, rows.cols(), PivotPass.floor(precision));
        List<String> notes = new ArrayList<>();
        double[] left = new double[0];
        int kept = -1;
        int idle = 0;
        int rounds = 0;
        while (kept < 0) {
            // With a tolerance one more pass, which draws nothing, tells what all landmarks leave.
            boolean full = pivots.count() == count;
            if (full && tolerance == 0) {
                kept = count;
                break;
            }
            PivotPass.Draws round =
                    rows.pass(new PivotPass(kernel, pivots.points(), pivots.factor(), seed, rounds, full ? 1 : draws));
            KernelMatrices.requireFinite(kernel, round.trace());
            for (double captured : round.captured()) {
                KernelMatrices.requireFinite(kernel, captured);
            }
            left = leftAfter(round);
            int enough = firstWithin(left);
            if (enough >= 0) {
                kept = enough;
                notes.add(String.format(
                        Locale.ROOT,
                        "%d landmarks leave %.3g of the trace, within %.3g",
                        kept,
                        left[kept - 1],
                        tolerance));
            } else if (full) {
                kept = count;
                notes.add(String.format(
                        Locale.ROOT,
                        "%d landmarks leave %.3g of the trace, more than %.3g: more are needed",
                        count,
                        left[count - 1],
                        tolerance));
            } else {
                int before = pivots.count();
                pivots.take(round, count, seed, rounds);
                idle = pivots.count() == before ? idle + 1 : 0;
                if (round.trace() == 0) {
                    throw new DataException(
                            "k(x, x) of the kernel " + kernel.name()
                                    + " is 0 for every row, so there is nothing to choose; look at the rows, or take another kernel");
                }
                if (round.left() == 0 || idle == PATIENCE) {
                    kept = before;
                    notes.add("the kernel of the rows has rank " + before + " as far as rounding tells, fewer than the "
                            + count + " landmarks asked for");
                }
            }
            rounds++;
        }
        notes.add(String.format(
                Locale.ROOT,
                "%d rounds of %d proposals, of which %.0f %% were taken",
                rounds,
                draws,
                100.0 * pivots.count() / Math.max(1, pivots.proposed())));
        return pivots.chosen(kept, notes, left);
    }

    /** tr(K - K^) / tr(K) after each landmark. */
    private static double[] leftAfter(PivotPass.Draws round) {
        double[] left = new double[round.captured().length];
        double rest = round.trace();
        for (int j = 0; j < left.length; j++) {
            rest -= round.captured()[j];
            left[j] = round.trace() > 0 ? Math.max(0, rest / round.trace()) : 0;
        }
        return left;
    }

    /** The least number of landmarks that meets the tolerance, or -1. */
    private int firstWithin(double[] left) {
        for (int j = 0; j < left.length && tolerance > 0; j++) {
            if (left[j] <= tolerance) {
                return j + 1;
            }
        }
        return -1;
    }
}
