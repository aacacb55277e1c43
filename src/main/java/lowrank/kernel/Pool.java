package lowrank.kernel;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;

/**
 * Uniformly chosen rows of a table on the driver, in random order: what samplers that look at rows many times choose from where the
 * table is too large for that.
 *
 * @param rows global positions
 * @param points a row each
 * @param precision of the table
 */
record Pool(long[] rows, Matrix points, Precision precision) {
    /** Landmarks times rows beyond which a pool is taken. */
    static final double LIMIT = 2e9;

    private static final int FEWEST = 20;
    private static final int MOST = 50;

    /** Values of a pool: a quarter of a gigabyte. */
    private static final long VALUES = 1L << 25;

    /** Rows of a pool for so many landmarks: 20 to 50 a landmark, as many as keep the work in bounds; all rows where that is no more. */
    static int size(int count, long rows, int width) {
        double wanted = Math.max(FEWEST * (double) count, Math.min(MOST * (double) count, LIMIT / count));
        double room = Math.max(2.0 * count, (double) VALUES / Math.max(1, width));
        return (int) Math.min(rows, Math.min(wanted, room));
    }

    static Pool of(RowBlocks table, int count, long seed) {
        int size = size(count, table.rows(), table.cols());
        Sample drawn = Uniform.draw(table, size, seed, false);
        return new Pool(drawn.rows(), drawn.matrix(), table.schema().first().precision());
    }

    /** The rows as a table, for passes on this machine. */
    RowBlocks blocks(int landmarks) {
        long rowBytes = 8L * Math.max(points.cols(), landmarks);
        return LocalBlocks.of(new MatrixRows(points, "pool", precision, Layout.of(points.rows(), rowBytes, 0)));
    }

    /** A choice among these rows as one among those of the table. */
    Landmarks.Chosen ofTable(Landmarks.Chosen chosen) {
        long[] positions = new long[chosen.count()];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = rows[(int) chosen.rows()[i]];
        }
        java.util.List<String> notes = new java.util.ArrayList<>(chosen.notes());
        notes.add("chosen from a pool of " + rows.length + " uniform rows");
        return new Landmarks.Chosen(chosen.points(), positions, notes, chosen.left());
    }
}
