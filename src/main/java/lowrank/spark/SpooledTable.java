package lowrank.spark;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Schema;
import lowrank.io.InputTable;
import lowrank.io.ParquetTable;

/**
 * What was spooled, as a matrix; it is known by the files it came from.
 *
 * @param spool the copy that is read
 * @param names what the columns are called
 * @param listing of the input, not of the copy
 * @param files of the input
 */
record SpooledTable(ParquetTable spool, List<String> names, String listing, int files) implements InputTable {
    @Override
    public long rows() {
        return spool.rows();
    }

    @Override
    public int cols() {
        return spool.cols();
    }

    @Override
    public boolean checksums() {
        return spool.checksums();
    }

    @Override
    public long storedBytes() {
        return spool.storedBytes();
    }

    @Override
    public long readerBytes() {
        return spool.readerBytes();
    }

    @Override
    public long chunkBytes() {
        return spool.chunkBytes();
    }

    @Override
    public long chunkRows() {
        return spool.chunkRows();
    }

    @Override
    public BlockSource source(Precision precision, Layout layout, long firstRow) {
        return new Rows(spool.source(precision, layout, firstRow), firstRow);
    }

    /** The copy, whose files nobody has heard of. */
    private record Rows(BlockSource copy, long firstRow) implements BlockSource {
        @Override
        public Schema schema() {
            return copy.schema();
        }

        @Override
        public Layout layout() {
            return copy.layout();
        }

        @Override
        public BlockStream open(LeafRange range, boolean ids, Arena arena) {
            return copy.open(range, ids, arena);
        }

        @Override
        public long chunkRows() {
            return copy.chunkRows();
        }

        @Override
        public String place(long row) {
            return "row " + (firstRow + row) + " of the input (from 0, over all files)";
        }
    }
}
