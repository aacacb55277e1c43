package lowrank.factor;

import lowrank.blocks.RowBlocks;

/**
 * The matrix that is factored, as its moments tell: how rows are packed into it, and how large it is.
 *
 * @param packing rows as they were read -> rows of the matrix: centred and scaled exactly, value by value
 * @param unit what singular values are to be divided by
 * @param mean what is subtracted from each column, in units of the input
 * @param deviation what each column is divided by, in units of the input; 1 where it has none
 * @param frobenius ||A||_F in the unit
 * @param offset sqrt(m) ||mean - pivot|| in the unit: by how much the matrix of the first pass, which subtracts the pivot alone,
 *     exceeds this one
 */
record Reading(Packing packing, double unit, double[] mean, double[] deviation, double frobenius, double offset) {

    /** A row that lies among the others, to be subtracted before anything is summed: the first one. */
    static double[] pivot(RowBlocks rows, boolean center) {
        double[] pivot = center ? rows.firstRow() : new double[rows.cols()];
        for (double value : pivot) {
            if (!Double.isFinite(value)) {
                // The pass will name the cell; any pivot will do until then.
                return new double[rows.cols()];
            }
        }
        return pivot;
    }

    /**
     * From the moments of rows (x - pivot) unit. Where deviations are divided by, the factored matrix is of the order of one, and
     * its unit is 1; columns may then be read in units of their own.
     */
    static Reading of(Moments moments, double[] pivot, double[] units, boolean center, boolean scale) {
        int n = pivot.length;
        double[] offset = new double[n];
        double[] deviation = Magnitude.filled(n, 1);
        double[] factor = units.clone();
        double squares = 0;
        double offsets = 0;
        for (int j = 0; j < n; j++) {
            double square = moments.squareOf(j);
            if (center) {
                offset[j] = moments.mean()[j] / units[j];
                offsets += moments.count() * moments.mean()[j] * moments.mean()[j];
            }
            if (scale && square > 0) {
                double inUnits = Math.sqrt(square / (moments.count() - 1.0));
                deviation[j] = inUnits / units[j];
                factor[j] = 1 / inUnits * units[j];
                squares += moments.count() - 1.0;
            } else {
                squares += square;
            }
        }
        Packing packing = center ? Packing.centred(pivot, offset, factor) : new Packing(pivot, factor);
        return new Reading(
                packing, scale ? 1 : units[0], packing.shift(), deviation, Math.sqrt(squares), Math.sqrt(offsets));
    }
}
