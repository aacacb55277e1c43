package lowrank.regress;

import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;

/** Reads one row of a product at a time, as doubles. */
final class Predictions {
    private final double[] row;
    private final float[] floats;

    Predictions(int width, Precision precision) {
        row = new double[width];
        floats = new float[precision == Precision.FLOAT ? width : 0];
    }

    /** Valid until the next call. */
    double[] read(Slab slab, int index) {
        if (slab.precision() == Precision.DOUBLE) {
            OffHeap.get(slab.row(index), row, 0, row.length);
        } else {
            OffHeap.get(slab.row(index), floats, 0, row.length);
            for (int j = 0; j < row.length; j++) {
                row[j] = floats[j];
            }
        }
        return row;
    }

    /** Entry by entry a + b. */
    static double[] sum(double[] a, double[] b) {
        double[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }
}
