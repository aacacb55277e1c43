package lowrank.io;

import java.io.Serializable;

/** How large a stored matrix is, and what a task holds to read some of its rows; for plans. */
public interface TableShape extends Serializable {
    /** Number of rows. */
    long rows();

    /** Columns of the matrix. */
    int cols();

    /** Bytes that a pass reads. */
    long storedBytes();

    /** The most bytes that a task holds on the heap to read. */
    long readerBytes();

    /** The most bytes that a task holds off the heap to read, besides its blocks: what can only be read together. */
    default long chunkBytes() {
        return 0;
    }

    /** The most rows that can only be read together. */
    default long chunkRows() {
        return 1;
    }
}
