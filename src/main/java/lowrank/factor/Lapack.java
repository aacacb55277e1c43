package lowrank.factor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * LAPACK's own SVD of a small matrix, wide ones too: one pass gathers it, divide and conquer (Gu and Eisenstat, 1995) does the rest.
 *
 * <p><b>Cost</b>: 1 pass, 2 with U; all of the matrix to the driver, 4 max(m, n) min(m, n)^2 flops and more there. <b>Accuracy</b>:
 * backward stable, U and V orthonormal to rounding. Means are summed about the first row and subtracted value by value.
 *
 * @param rank what to keep
 * @param center whether the column means are subtracted
 * @param scale whether columns are divided by their standard deviations (with center only)
 * @param leftVectors whether U will be written
 */
public record Lapack(RankRule rank, boolean center, boolean scale, boolean leftVectors) implements SvdAlgorithm {
    /** The most entries of a matrix that is small: 32 MB. */
    public static final long ENTRIES = 4_000_000;

    @Override
    public String name() {
        return "lapack";
    }

    @Override
    public Svd factor(RowBlocks rows) {
        int n = rows.cols();
        if (rows.rows() * n > ENTRIES) {
            throw new IllegalArgumentException("lapack takes at most " + ENTRIES + " entries, the input is "
                    + rows.rows() + " x " + n + "; use factor.algorithm = auto");
        }
        Matrix transposed = rows.pass(new GatherPass()).transposed(n);
        double[] pivot = center ? Arrays.copyOf(transposed.values(), n) : new double[n];
        double[] units = Magnitude.filled(n, 1);
        Moments moments = moments(transposed, pivot, units);
        double[] better = Magnitude.units(moments.largest(), Precision.DOUBLE, scale);
        if (Magnitude.areUnits(better)) {
            units = better;
            moments = moments(transposed, pivot, units);
            Magnitude.requireFinite(Magnitude.largest(moments.largest()));
        }
        Reading reading = Reading.of(moments, pivot, units, center, scale);
        Magnitude.requireNormal(reading.deviation());
        Matrix packed = Matrix.zeros(n, transposed.cols());
        for (int i = 0; i < packed.cols(); i++) {
            for (int j = 0; j < n; j++) {
                packed.set(j, i, reading.packing().value(transposed.values(), i * n, j));
            }
        }
        return factors(rows, reading, Dense.svd(packed));
    }

    private Moments moments(Matrix transposed, double[] pivot, double[] units) {
        MomentsSum sum = new MomentsSum(new Packing(pivot, units), center);
        sum.add(transposed.values(), 0, transposed.cols());
        return sum.take();
    }

    /** From the SVD of the transpose. */
    private Svd factors(RowBlocks rows, Reading reading, Dense.SmallSvd small) {
        double[] all = small.s();
        int resolved = 0;
        while (resolved < all.length && all[resolved] > FromTriangle.RANK_CUT * all[0]) {
            resolved++;
        }
        int wanted = rank.choose(all);
        int k = Math.min(wanted, resolved);
        List<String> notes = new ArrayList<>();
        if (k < wanted) {
            notes.add(rank.shortfall(k, wanted));
        }
        Matrix v = small.u().columns(k);
        double[] signs = Signs.of(v);
        LeftFactor u = leftVectors
                ? LeftFactor.of(inDouble(rows), reading.packing(), reading.unit())
                        .then(new RowsOf(
                                "values",
                                small.v().columns(k).scaleColumns(signs).transpose()))
                : null;
        double[] values = Magnitude.divided(all, reading.unit());
        double[] s = Arrays.copyOf(values, k);
        double rounding = Rounding.ofLapack(rows.rows(), rows.cols()) * values[0];
        return new Svd(
                u,
                s,
                v.scaleColumns(signs),
                reading.mean(),
                reading.deviation(),
                Evidence.ofSpectrum("lapack", values, s, rounding, rounding, rows, notes));
    }

    /** The matrix was factored in double, and U is measured against it in double. */
    private static RowBlocks inDouble(RowBlocks rows) {
        return rows.schema().first().precision() == Precision.DOUBLE
                ? rows
                : rows.map(new Preparation(null, Double.POSITIVE_INFINITY, Precision.DOUBLE));
    }

    @Override
    public List<PlannedPass> passes(long rows, int cols) {
        List<PlannedPass> passes = new ArrayList<>();
        passes.add(new PlannedPass("gather", 0, 0));
        if (leftVectors) {
            int most = rank.most(rows, cols);
            passes.add(new PlannedPass(
                    "U",
                    GramPass.flops(rows, most) + PlannedPass.ofConfirmation(rows, cols, most),
                    GramPass.nodeBytes(most)));
        }
        return passes;
    }

    @Override
    public long partialBytes(int cols) {
        return 8 * ENTRIES;
    }

    @Override
    public long broadcastBytes(long rows, int cols) {
        return leftVectors ? 8 * rows * rank.most(rows, cols) : 0;
    }

    @Override
    public long taskBytes(Layout layout, int cols) {
        return 8L * layout.blockRows() * (cols + rank.most(layout.rows(), cols));
    }

    @Override
    public long driverBytes(long rows, int cols) {
        long least = Math.min(rows, cols);
        return 8 * (8 * rows * cols + 8 * least * least);
    }
}
