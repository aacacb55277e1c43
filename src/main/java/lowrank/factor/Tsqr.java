package lowrank.factor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;

/**
 * The SVD of a tall matrix through its R factor: full accuracy, deterministic.
 *
 * <p>R of A = Q R comes from one pass ({@link QrPass}), s and V from the SVD of R. U is formed in a second pass as A T with
 * T = V_k R_B^-1, where R_B is the triangle of R V_k; that is accurate while s_1 / s_k <= 300. Beyond, substitution takes one pass
 * more: {@link FromTriangle}.
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
    @Override
    public String name() {
        return "tsqr";
    }

    /** The triangle of the matrix that is factored, and how its rows are packed. */
    record Reduced(Matrix r, Packing packing, double unit, double[] mean, double[] deviation) {}

    @Override
    public Svd factor(RowBlocks rows) {
        int n = rows.cols();
        Reduced reduced = reduce(rows);
        FromTriangle triangle =
                FromTriangle.of(rows, reduced.packing, reduced.unit, null, reduced.r, FromTriangle.RANK_CUT);
        double[] all = Arrays.copyOf(triangle.small().s(), (int) Math.min(rows.rows(), n));
        int wanted = rank.choose(all);
        FromTriangle.Factors factors = triangle.factors(Math.min(wanted, triangle.resolved()), leftVectors);
        int k = factors.s().length;
        List<String> notes = new ArrayList<>();
        if (k < wanted) {
            notes.add(rank.shortfall(k, wanted));
        }
        String route = triangle.isDirect(k, leftVectors) ? "tsqr" : "tsqr with substitution";
        return finish(rows, factors, reduced, all, notes, route);
    }

    /** R of A = Q R as it is, from one pass: ||A M|| = ||R M|| for every M. */
    public static Triangle triangle(RowBlocks rows) {
        return rows.pass(new QrPass(Packing.none(rows.cols()), false)).triangle();
    }

    /** Bytes of {@link #triangle} on the heap; a task holds a few. */
    public static long triangleBytes(int cols) {
        return QrPass.nodeBytes(cols);
    }

    /** Bytes off the heap that {@link #triangle} works with, the rows not counted. */
    public static long triangleWork(Layout layout, int cols) {
        return QrPass.workBytes(layout, cols);
    }

    /** One pass; a second one when magnitudes ask for another unit. */
    Reduced reduce(RowBlocks rows) {
        int n = rows.cols();
        double[] pivot = Reading.pivot(rows, center);
        double[] units = Magnitude.filled(n, 1);
        QrPass.R result = rows.pass(new QrPass(new Packing(pivot, units), center));
        double[] better = units(result, rows.schema().first().precision());
        if (Magnitude.areUnits(better)) {
            units = better;
            result = rows.pass(new QrPass(new Packing(pivot, units), center));
            Magnitude.requireFinite(result.maxAbs());
        }
        return center
                ? centred(rows, result.triangle(), pivot, units)
                : new Reduced(
                        result.triangle().square(),
                        new Packing(pivot, units),
                        units[0],
                        new double[n],
                        Magnitude.filled(n, 1));
    }

    /** Of columns that are scaled, by their norms in the triangle; where those overflowed, by the largest value of all. */
    private double[] units(QrPass.R result, Precision precision) {
        int n = result.triangle().order() - (center ? 1 : 0);
        if (!scale || !Magnitude.needsUnit(result.maxAbs(), precision)) {
            return Magnitude.units(Magnitude.filled(n, result.maxAbs()), precision, false);
        }
        double[] norms = new double[n];
        for (int j = 0; j < n; j++) {
            for (int i = 0; i <= j + 1; i++) {
                norms[j] = Math.hypot(norms[j], result.triangle().get(i, j + 1));
            }
            norms[j] = Double.isFinite(norms[j]) ? norms[j] : result.maxAbs();
        }
        return Magnitude.units(norms, precision, true);
    }

    /**
     * With the leading column of ones, R = [r_00 r_0; 0 R_c]: r_0 / r_00 is mean - pivot, R_c the triangle of the centred
     * matrix, its column norms over sqrt(m - 1) the standard deviations.
     */
    private Reduced centred(RowBlocks rows, Triangle full, double[] pivot, double[] units) {
        int n = pivot.length;
        Matrix r = Matrix.zeros(n, n);
        double[] offset = new double[n];
        double[] deviation = Magnitude.filled(n, 1);
        double[] factor = units.clone();
        for (int j = 0; j < n; j++) {
            offset[j] = full.get(0, j + 1) / full.get(0, 0) / units[j];
            double norm = 0;
            for (int i = 0; i <= j; i++) {
                double value = rows.rows() == 1 ? 0 : full.get(i + 1, j + 1);
                r.set(i, j, value);
                norm = Math.hypot(norm, value);
            }
            if (scale && norm > 0) {
                double inUnits = norm / Math.sqrt(rows.rows() - 1.0);
                deviation[j] = inUnits / units[j];
                factor[j] = 1 / inUnits * units[j];
                for (int i = 0; i <= j; i++) {
                    r.set(i, j, r.get(i, j) / inUnits);
                }
            }
        }
        Magnitude.requireNormal(deviation);
        Packing packing = Packing.centred(pivot, offset, factor);
        return new Reduced(r, packing, scale ? 1 : units[0], packing.shift(), deviation);
    }

    /** Back to the units of the input, with bounds. */
    private Svd finish(
            RowBlocks rows,
            FromTriangle.Factors factors,
            Reduced reduced,
            double[] all,
            List<String> notes,
            String route) {
        double[] s = Magnitude.divided(factors.s(), reduced.unit);
        double[] values = Magnitude.divided(all, reduced.unit);
        double norm = values.length == 0 ? 0 : values[0];
        Precision precision = rows.schema().first().precision();
        double product = Rounding.ofProduct(precision, rows.cols(), RankRule.tail(values, 0), norm);
        // Substitution forms s from products in the precision of the blocks; in double that is less than the triangle's
        // own.
        double rounding =
                Rounding.ofTriangle(rows.layout(), rows.cols()) * norm + (precision == Precision.FLOAT ? product : 0);
        Evidence evidence = Evidence.ofSpectrum(route, values, s, rounding, product, rows, notes);
        return new Svd(factors.u(), s, factors.v(), reduced.mean, reduced.deviation, evidence);
    }

    @Override
    public List<PlannedPass> passes(long rows, int cols) {
        List<PlannedPass> passes = new ArrayList<>();
        passes.add(new PlannedPass("QR", QrPass.flops(rows, order(cols)), QrPass.nodeBytes(order(cols))));
        if (leftVectors) {
            passes.add(PlannedPass.ofU(rows, cols, rank.most(rows, cols)));
        }
        return passes;
    }

    private int order(int cols) {
        return cols + (center ? 1 : 0);
    }

    @Override
    public long partialBytes(int cols) {
        return 8L * Triangle.entries(order(cols));
    }

    @Override
    public long broadcastBytes(long rows, int cols) {
        int most = rank.most(rows, cols);
        return leftVectors ? 8L * cols * most + Probing.sentBytes(cols, most) : 0;
    }

    @Override
    public long taskBytes(Layout layout, int cols) {
        return Math.max(
                QrPass.workBytes(layout, order(cols)),
                SvdAlgorithm.productBytes(layout, cols, rank.most(layout.rows(), cols), center));
    }

    @Override
    public long driverBytes(long rows, int cols) {
        return 8L * 14 * cols * cols;
    }
}
