package lowrank.blocks;

import java.io.Serializable;
import java.util.List;

/**
 * A tall table of rows that can be visited a block at a time: all that an algorithm sees of its data, in memory or on a
 * cluster. Results do not depend on which.
 */
public interface RowBlocks {
    Schema schema();

    Layout layout();

    /** Sums a pass over all blocks. */
    <N> N pass(Pass<N> pass);

    /** These rows through a map, lazily: nothing is computed before a pass or a write. */
    RowBlocks map(BlockMap map);

    /**
     * These rows through a map that sees, with each block, the sum of all blocks before it. One read sums, now; the map is lazy like any
     * other.
     */
    <N> RowBlocks scan(Scan<N> scan);

    /** Writes all blocks to a sink, and sums a pass over them in the same read. */
    <N> Output<N> write(RowSink sink, Pass<N> alongside);

    /** The values of the first row of the first (mapped) column, as doubles. */
    double[] firstRow();

    /** Number of rows. */
    default long rows() {
        return layout().rows();
    }

    /** Width of the first column. */
    default int cols() {
        return schema().first().width();
    }

    /** What a write leaves: the parts in row order, and the sum of the pass beside it. */
    record Output<N>(List<RowSink.Written> parts, N sum) implements Serializable {}
}
