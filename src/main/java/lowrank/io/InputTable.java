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
    default BlockSource source(Precision precision, Layout layout) {
        return source(precision, layout, 0);
    }

    /**
     * Some of the rows as a table of their own: blocks, leaves and rows are counted from the first of them; places are told as those of
     * the whole input.
     *
     * @param layout of these rows
     * @param firstRow of the whole that is their row 0
     */
    BlockSource source(Precision precision, Layout layout, long firstRow);
}
