package lowrank.io;

import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;

/** Files of one format as a matrix: what is known of them before any value has been read. */
public interface InputTable extends TableShape {
    /** No row is wider: one of doubles is at most 1 GB then, and what is read at once is addressed by ints. */
    int MOST_COLS = 1 << 27;

    /** What each column of the matrix is called. */
    List<String> names();

    /** Number of files that hold rows. */
    int files();

    /** What identifies the input without reading it: paths, sizes, times, and footers where there are any. */
    String listing();

    /** Whether damage to a page would be noticed. */
    boolean checksums();

    /** The rows as blocks. */
    BlockSource source(Precision precision, Layout layout);
}
