package lowrank.io;

import java.util.List;
import java.util.function.Function;
import lowrank.blocks.Offenders;

/** A column that is read to an address, row group by row group. */
sealed interface TargetColumn permits NumberColumn, SparkVectorColumn {
    /** The primitive columns it is read from. */
    List<Leaf> leaves();

    /** Values per row. */
    int width();

    /** Begins a row group of so many rows. */
    void start(Function<Leaf, ChunkPages> chunks, long rows);

    /**
     * Reads rows of the row group.
     *
     * @param to where they go; null to pass over them
     * @param globalRow the global number of the first
     */
    void read(int rows, Destination to, long globalRow, Offenders offenders);

    /** Ends a row group, whose rows must have been read. */
    void finish();
}
