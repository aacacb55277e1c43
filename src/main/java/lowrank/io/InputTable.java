package lowrank.io;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;

/** Files of one format as a matrix: what is known of them before any value has been read. */
public interface InputTable extends Serializable {
    /** No row is wider: one of doubles is at most 1 GB then, and what is read at once is addressed by ints. */
    int MOST_COLS = 1 << 27;

    /** Number of rows. */
    long rows();

    /** Columns of the matrix. */
    int cols();

    /** What each column of the matrix is called. */
    List<String> names();

    /** Number of files that hold rows. */
    int files();

    /** What identifies the input without reading it: paths, sizes, times, and footers where there are any. */
    String listing();

    /** Whether damage to a page would be noticed. */
    boolean checksums();

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

    /** The rows as blocks. */
    BlockSource source(Precision precision, Layout layout);
}
