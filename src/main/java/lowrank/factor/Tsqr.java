package lowrank.factor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import lowrank.linalg.Triangle;

/**
 * The SVD of a tall matrix through its R factor: full accuracy, deterministic.
 *
 * <p>R of A = Q R comes from one pass ({@link QrPass}), s and V from the SVD of R. U is formed in a second pass as A T with
 * T = V_k R_B^-1, where R_B is the triangle of R V_k; that is accurate while s_1 / s_k <= {@value #DIRECT_RATIO}. Beyond, two
 * passes more: Y = A P R_11^-1 by substitution with the pivoted triangle of R, well conditioned whatever the spectrum, then a
 * Cholesky QR of Y (Fukaya, Kannan, Nakatsukasa, Yamamoto and Yanagisawa, 2020, "Shifted Cholesky QR"; Melnichenko and others,
 * 2023, "CholeskyQR with randomization and pivoting", with R in place of the sketch).
 *
 * <p><b>Cost</b>: 1 pass for s and V, 2 with U, 3 on steep spectra; 2 m n^2 + 2 m n k flops; n (n + 1) / 2 doubles per task to
 * the driver, and an SVD of order n there.
 *
 * <p><b>Accuracy</b>: backward stable; singular values to a small multiple of eps s_1.
 *
 * @param rank what to keep
 * @param center whether the column means are subtracted
 * @param scale whether columns are divided by their standard deviations (with center only)
 * @param leftVectors whether U will be written
 */
public record Tsqr(RankRule rank, boolean center, boolean scale, boolean leftVectors) implements SvdAlgorithm {
    /** Up to this s_1 / s_k, U = A T is orthonormal to 1e-13: its defect grows as about 1e-16 s_1 / s_k. */
    static final double DIRECT_RATIO = 300;

    /** Magnitudes outside [1 / this, this] are brought near 1 by a power of two, which is exact. */
    private static final double LARGE = 1e70;

    /** Diagonal entries of the pivoted triangle below this part of the first are rounding. */
    private static final double RANK_CUT = 1e-14;

    /** Above this condition of Y, one Cholesky QR does not orthonormalise it. */
    private static final double WELL_CONDITIONED = 100;

    @Override
    public String name() {
        return "tsqr";
    }

    /** The triangle of the matrix that is factored, and how its rows are packed. */
    private record Reduced(Matrix r, Packing packing, double unit, double[] mean, double[] deviation) {}

    @Override
    public Svd factor(RowBlocks rows) {
        int n = rows.cols();
        Reduced reduced = reduce(rows);
        Matrix r = reduced.r;
        Dense.SmallSvd small = Dense.svd(r);
        Dense.PivotedR pivoted = Dense.qrPivoted(r);
        int resolved = resolvedRank(pivoted.r());
        double[] all = Arrays.copyOf(small.s(), (int) Math.min(rows.rows(), n));
        int wanted = rank.choose(all);
        int k = Math.min(wanted, resolved);
        List<String> notes = new ArrayList<>();
        if (k < wanted) {
            notes.add("the matrix has rank " + k + ", so " + k + " singular values are returned where "
                    + (rank instanceof RankRule.Full ? "all" : String.valueOf(wanted)) + " were asked for");
        }
        boolean direct = !leftVectors || k == 0 || all[0] / all[k - 1] <= DIRECT_RATIO;
        Svd svd = direct ? direct(rows, reduced, small, k) : substituted(rows, reduced, pivoted, resolved, k);
        return finish(rows, svd, reduced, all, notes, direct ? "tsqr" : "tsqr with substitution");
    }

    /** One pass; a second one when magnitudes ask for another unit. */
    private Reduced reduce(RowBlocks rows) {
        int n = rows.cols();
        double[] pivot = center ? rows.firstRow() : new double[n];
        if (!finite(pivot)) {
            // The pass will name the cell; any pivot will do until then.
            pivot = new double[n];
        }
        double unit = 1;
        QrPass.R result = rows.pass(pass(pivot, unit));
        if (result.maxAbs() > 0 && !(result.maxAbs() <= LARGE && result.maxAbs() >= 1 / LARGE)) {
            unit = unitFor(result.maxAbs());
            result = rows.pass(pass(pivot, unit));
            if (!Double.isFinite(result.maxAbs())) {
                throw new NumericalException(
                        "values are so near the largest double that their differences overflow; divide "
                                + "the input by a power of two");
            }
        }
        return center
                ? centred(rows, result.triangle(), pivot, unit)
                : new Reduced(
                        result.triangle().square(),
                        new Packing(null, pivot, filled(n, unit)),
                        unit,
                        new double[n],
                        filled(n, 1));
    }

    private QrPass pass(double[] pivot, double unit) {
        return new QrPass(new Packing(null, pivot, filled(pivot.length, unit)), center);
    }

    /** The power of two that brings the largest magnitude into [1, 2). */
    private static double unitFor(double maxAbs) {
        // Near the ends of the range 2^-e is not a double; 2^1000 is close enough to 1 there.
        return Math.scalb(1.0, -Math.max(-1000, Math.min(1000, Math.getExponent(maxAbs))));
    }

    /**
     * With the leading column of ones, R = [r_00 r_0; 0 R_c]: r_0 / r_00 is mean - pivot, R_c the triangle of the centred
     * matrix, its column norms over sqrt(m - 1) the standard deviations.
     */
    private Reduced centred(RowBlocks rows, Triangle full, double[] pivot, double unit) {
        int n = pivot.length;
        Matrix r = Matrix.zeros(n, n);
        double[] shift = new double[n];
        double[] mean = new double[n];
        double[] deviation = filled(n, 1);
        double[] factor = filled(n, unit);
        for (int j = 0; j < n; j++) {
            double offset = full.get(0, j + 1) / full.get(0, 0);
            shift[j] = pivot[j] + offset / unit;
            mean[j] = shift[j];
            double norm = 0;
            for (int i = 0; i <= j; i++) {
                double value = rows.rows() == 1 ? 0 : full.get(i + 1, j + 1);
                r.set(i, j, value);
                norm = Math.hypot(norm, value);
            }
            if (scale && norm > 0) {
                double inUnits = norm / Math.sqrt(rows.rows() - 1.0);
                deviation[j] = inUnits / unit;
                factor[j] = 1 / inUnits * unit;
                for (int i = 0; i <= j; i++) {
                    r.set(i, j, r.get(i, j) / inUnits);
                }
            }
        }
        return new Reduced(r, new Packing(null, shift, factor), scale ? 1 : unit, mean, deviation);
    }

    /** Rank by the diagonal of the pivoted triangle. */
    private static int resolvedRank(Matrix r) {
        double first = r.cols() == 0 ? 0 : Math.abs(r.get(0, 0));
        int resolved = 0;
        while (resolved < r.rows() && Math.abs(r.get(resolved, resolved)) > RANK_CUT * first) {
            resolved++;
        }
        return resolved;
    }

    /** U = A T, T = V_k R_B^-1, R_B the triangle of R V_k: accurate while s_1 / s_k is moderate. */
    private Svd direct(RowBlocks rows, Reduced reduced, Dense.SmallSvd small, int k) {
        Matrix v = small.v().columns(k);
        double[] signs = Signs.of(v);
        v = v.scaleColumns(signs);
        RowBlocks u = null;
        if (leftVectors) {
            Matrix rb =
                    k == 0 ? Matrix.zeros(0, 0) : Dense.qr(reduced.r.times(v)).r();
            // The QR leaves signs of its own: U = A V S^-1 has R_B with a positive diagonal.
            double[] diagonal = new double[k];
            for (int j = 0; j < k; j++) {
                diagonal[j] = Math.signum(rb.get(j, j));
            }
            Matrix t = k == 0
                    ? Matrix.zeros(rows.cols(), 0)
                    : Dense.solveRight(v, rb).scaleColumns(diagonal);
            u = rows.map(new Times("values", reduced.packing, t));
        }
        return new Svd(u, Arrays.copyOf(small.s(), k), v, reduced.mean, reduced.deviation, null);
    }

    /**
     * A P = Y L' [R_11 R_12] with Y = A P_1 R_11^-1 / L': a pass sums Y^T Y = L'^T L', the SVD of L' [R_11 R_12] P^T gives W, s
     * and V, and U = Y L'^-1 W.
     */
    private Svd substituted(RowBlocks rows, Reduced reduced, Dense.PivotedR pivoted, int resolved, int k) {
        int n = rows.cols();
        Matrix r11 = Matrix.zeros(resolved, resolved);
        Matrix trapezoid = Matrix.zeros(resolved, n);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < resolved; i++) {
                trapezoid.set(i, j, pivoted.r().get(i, j));
                if (j < resolved) {
                    r11.set(i, j, pivoted.r().get(i, j));
                }
            }
        }
        RowBlocks y = rows.map(new Whiten(reduced.packing.select(pivoted.pivots(), resolved), r11));
        Matrix correction = Dense.cholesky(y.pass(new GramPass("Y")).symmetric());
        if (condition(correction) > WELL_CONDITIONED) {
            Matrix inverse = Dense.solveRight(Matrix.identity(resolved), correction);
            RowBlocks better = y.map(new Times("whitened", Packing.none(resolved), inverse));
            correction = Dense.cholesky(better.pass(new GramPass("Y again")).symmetric())
                    .times(correction);
        }
        Matrix permuted = correction.times(trapezoid);
        Matrix factor = Matrix.zeros(resolved, n);
        for (int j = 0; j < n; j++) {
            System.arraycopy(
                    permuted.values(), j * resolved, factor.values(), pivoted.pivots()[j] * resolved, resolved);
        }
        Dense.SmallSvd small = Dense.svd(factor);
        Matrix v = small.v().columns(k);
        double[] signs = Signs.of(v);
        Matrix inverse = Dense.solveRight(Matrix.identity(resolved), correction);
        Matrix t = inverse.times(small.u().columns(k)).scaleColumns(signs);
        RowBlocks u = y.map(new Times("values", Packing.none(resolved), t));
        return new Svd(u, Arrays.copyOf(small.s(), k), v.scaleColumns(signs), reduced.mean, reduced.deviation, null);
    }

    /** s_1 / s_n of a triangle. */
    private static double condition(Matrix r) {
        double[] s = Dense.svd(r).s();
        return s[0] / s[s.length - 1];
    }

    /** Back to the units of the input, with bounds. */
    private Svd finish(RowBlocks rows, Svd svd, Reduced reduced, double[] all, List<String> notes, String route) {
        int k = svd.rank();
        double[] s = divided(svd.s(), reduced.unit);
        double[] values = divided(all, reduced.unit);
        double norm = values.length == 0 ? 0 : values[0];
        double rounding = Rounding.ofTriangle(rows.layout(), rows.cols()) * norm;
        double[] lower = new double[k];
        double[] upper = new double[k];
        double[] residual = new double[k];
        for (int j = 0; j < k; j++) {
            lower[j] = Math.max(0, s[j] - rounding);
            upper[j] = s[j] + rounding;
            residual[j] = rounding;
        }
        double cut = Math.max(rows.rows(), rows.cols()) * Math.ulp(1.0) * norm;
        int numericalRank = (int) Arrays.stream(values).filter(x -> x > cut).count();
        Evidence evidence = new Evidence(
                route,
                RankRule.tail(values, 0),
                norm,
                Math.max(RankRule.tail(values, k), rounding),
                Math.max(k < values.length ? values[k] : 0, 0) + rounding,
                0,
                lower,
                upper,
                residual,
                numericalRank,
                values,
                notes);
        return new Svd(svd.u(), s, svd.v(), svd.mean(), svd.scale(), evidence);
    }

    private static double[] divided(double[] values, double unit) {
        return Arrays.stream(values).map(x -> x / unit).toArray();
    }

    private static double[] filled(int n, double value) {
        double[] values = new double[n];
        Arrays.fill(values, value);
        return values;
    }

    private static boolean finite(double[] values) {
        return Arrays.stream(values).allMatch(Double::isFinite);
    }
}
