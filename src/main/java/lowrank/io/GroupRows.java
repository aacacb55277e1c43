package lowrank.io;

import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Offenders;
import lowrank.blocks.RowReader;
import lowrank.blocks.Slab;

/** Group and position of each row of a block whose columns are the position, the keys and, where there is one, the mask; one thread's. */
final class GroupRows {
    /** Beyond it doubles do not tell whole numbers apart. */
    private static final double MOST_POSITION = 1L << 53;

    private final KeyCodes codes;
    private final String position;
    private final RowReader[] readers;
    private final double[][] values;
    private final double[][] keys;
    private final boolean masked;

    /**
     * @param position name of the column
     * @param masked whether there is a mask behind the keys
     */
    GroupRows(KeyCodes codes, String position, boolean masked) {
        this.codes = codes;
        this.position = position;
        this.masked = masked;
        int columns = 1 + codes.keys().size() + (masked ? 1 : 0);
        readers = new RowReader[columns];
        values = new double[columns][];
        keys = new double[codes.keys().size()][];
        for (int c = 0; c < columns; c++) {
            readers[c] = new RowReader(1, Precision.DOUBLE);
        }
    }

    /** Takes the rows of a block, in order. */
    @FunctionalInterface
    interface Visitor {
        /**
         * A row.
         *
         * @param row of the block
         * @param code see {@link KeyCodes}
         * @param shown whether no mask hides it
         */
        void row(int row, long code, long position, boolean shown);
    }

    /**
     * Visits the rows that have positions.
     *
     * @param first the column of the position
     * @param flaws where the others are noted
     */
    void visit(Block block, int first, Offenders flaws, Visitor visitor) {
        int most = readers[0].panelRows();
        for (int from = 0; from < block.rows(); from += most) {
            int count = Math.min(most, block.rows() - from);
            for (int c = 0; c < readers.length; c++) {
                Slab slab = block.columns().get(first + c);
                values[c] = readers[c].read(slab, from, count);
            }
            System.arraycopy(values, 1, keys, 0, keys.length);
            long code = 0;
            for (int i = 0; i < count; i++) {
                if (i == 0 || !sameKeys(i)) {
                    code = codes.of(keys, i);
                }
                double at = values[0][i];
                if (at >= 0 && at < MOST_POSITION && at == Math.rint(at)) {
                    visitor.row(from + i, code, (long) at, !masked || values[values.length - 1][i] != 0);
                } else if (!Double.isNaN(at)) { // NaN is found by the check of the values
                    flaws.add(block.firstRow() + from + i, position, problem(at));
                }
            }
        }
    }

    private static String problem(double position) {
        return position < 0
                ? "is negative"
                : position < MOST_POSITION ? "is not a whole number" : "is too large for a position";
    }

    private boolean sameKeys(int row) {
        for (double[] key : keys) {
            if (key[row] != key[row - 1]) {
                return false;
            }
        }
        return true;
    }
}
