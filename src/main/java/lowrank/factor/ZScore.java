package lowrank.factor;

import java.io.Serializable;
import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;

/**
 * Means and standard deviations of columns: what turns their values into z-scores, (x - mean) / scale, in this table and in
 * any other whose rows are to be comparable with it.
 *
 * @param mean column means
 * @param scale sqrt(sum (x - mean)^2 / (rows - 1)) per column; 1 where all values are the same
 */
public record ZScore(double[] mean, double[] scale) implements Serializable {

    /**
     * Measures the first column of a table in one pass. Sums are of differences from the first row, and squares about the means of
     * small groups ({@link Moments}): nothing cancels, however large the mean is beside the deviation. Magnitudes outside of
     * [1e-70, 1e70] take a second pass in units of their columns.
     *
     * @throws lowrank.blocks.DataException when the input cannot be factored, naming the cells
     * @throws lowrank.linalg.NumericalException when differences of values overflow, or a column varies by less than the smallest normal
     *     double
     */
    public static ZScore of(RowBlocks rows) {
        double[] pivot = Reading.pivot(rows, true);
        double[] units = Magnitude.filled(pivot.length, 1);
        Moments moments = rows.pass(pass(pivot, units));
        // Sums are double whatever the blocks are.
        double[] better = Magnitude.units(moments.largest(), Precision.DOUBLE, true);
        if (Magnitude.areUnits(better)) {
            units = better;
            moments = rows.pass(pass(pivot, units));
            Magnitude.requireFinite(Magnitude.largest(moments.largest()));
        }
        Reading reading = Reading.of(moments, pivot, units, true, true);
        Magnitude.requireNormal(reading.deviation());
        return new ZScore(reading.mean(), reading.deviation());
    }

    private static MomentsPass pass(double[] pivot, double[] units) {
        return new MomentsPass(new Packing(pivot, units), true);
    }

    /** The pass of {@link #of}, for a plan. */
    public static PlannedPass planned(long rows, int cols) {
        return new PlannedPass(MomentsPass.LABEL, MomentsPass.flops(rows, cols), MomentsPass.nodeBytes(cols));
    }
}
