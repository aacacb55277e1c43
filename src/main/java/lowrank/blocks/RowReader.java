package lowrank.blocks;

import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/** Brings consecutive rows of a slab onto the heap as doubles, a panel at a time: element-wise loops vectorise only there. */
public final class RowReader {
    private static final int PANEL_VALUES = 8 * OffHeap.TILE;

    private final int panelRows;
    private final double[] values;
    private final float[] floats;

    public RowReader(Column column) {
        this(column.width(), column.precision());
    }

    /** Of slabs that are no column of a table, such as products with one. */
    public RowReader(int width, Precision precision) {
        panelRows = Math.max(1, PANEL_VALUES / Math.max(1, width));
        values = new double[panelRows * width];
        floats = precision == Precision.FLOAT ? new float[values.length] : null;
    }

    /** The most rows of one panel. */
    public int panelRows() {
        return panelRows;
    }

    /** Rows first .. first + count, row by row, at the start of an array that may be longer; valid until the next call. */
    public double[] read(Slab slab, int first, int count) {
        int n = count * slab.width();
        if (slab.precision() == Precision.DOUBLE) {
            OffHeap.get(slab.row(first), values, 0, n);
        } else {
            OffHeap.get(slab.row(first), floats, 0, n);
            for (int i = 0; i < n; i++) {
                values[i] = floats[i];
            }
        }
        return values;
    }
}
