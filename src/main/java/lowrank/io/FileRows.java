package lowrank.io;

import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;

/** Rows of one file, read in order into off-heap memory; for one thread. */
interface FileRows extends AutoCloseable {
    /** Rows after the last that was read. */
    long remaining();

    /**
     * Reads the next rows, side by side, to an address.
     *
     * @param globalRow number of the first, for offenders
     * @param offenders where rows and cells are noted that hold no number; they read as zero
     * @throws CorruptFileException if the file cannot be decoded
     */
    void read(int rows, long address, long globalRow, Offenders offenders);

    /** The ids of the rows of the last read. */
    Ids ids();

    @Override
    void close();
}
