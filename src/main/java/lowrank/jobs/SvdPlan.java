package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.blocks.Layout;
import lowrank.factor.RankRule;
import lowrank.factor.SvdAlgorithm;
import lowrank.factor.Tsqr;
import lowrank.linalg.Triangle;

/**
 * What will run, decided from shape and spec alone.
 *
 * @param reasons why this algorithm
 */
record SvdPlan(SvdAlgorithm algorithm, Layout layout, List<String> reasons) {
    /** Beyond, the packed triangle of R outgrows a Java array. */
    private static final int TSQR_COLS = 16_383;

    static SvdPlan of(SvdSpec spec, long rows, int cols) {
        List<String> reasons = new ArrayList<>();
        long most = Math.min(rows, cols);
        if (spec.rank() instanceof RankRule.Fixed fixed && fixed.rank() > most) {
            throw new SpecException("factor.rank = " + fixed.rank() + " is more than the " + most
                    + " singular values of a " + rows + " x " + cols + " matrix; use at most " + most + " or full");
        }
        if (cols > TSQR_COLS) {
            throw new RefusedException("tsqr takes at most " + TSQR_COLS + " columns, the input has " + cols
                    + "; transpose it if it has fewer rows");
        }
        reasons.add(spec.algorithm().equals("tsqr") ? "tsqr as asked for" : "tsqr: " + cols + " columns");
        Tsqr tsqr = new Tsqr(spec.rank(), spec.center(), spec.scale(), spec.leftVectors());
        int order = cols + (spec.center() ? 1 : 0);
        Layout layout = Layout.of(rows, (long) cols * spec.precision().bytes(), 8L * Triangle.entries(order));
        return new SvdPlan(tsqr, layout, reasons);
    }
}
