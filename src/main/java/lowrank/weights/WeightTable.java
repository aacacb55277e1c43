package lowrank.weights;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.factor.Tsqr;
import lowrank.io.HadoopConf;
import lowrank.io.TableShape;
import lowrank.io.checkpoint.TensorReader;
import lowrank.store.FactorsSink;

/**
 * A matrix of a model as a tall table that is read by ranges of rows: W or W^T, whichever has no fewer rows than columns.
 *
 * <p>Where the file holds that one row by row, a block of rows is one range of bytes. Where it holds the other one, rows of the table are
 * columns of the file: a panel of as many of them as make up {@link #PANEL_BYTES} is put together from one range of each stored row, so
 * that a pass reads every byte once either way, in ranges of at least 8,192 bytes of floats (4,096 of halves) in files of up to
 * 16,383 rows.
 *
 * @param weight as it lies in its file
 */
public record WeightTable(HadoopConf conf, Weight weight) implements TableShape {
    /** Decoded bytes of a panel, at most; a panel is at least a block. */
    private static final long PANEL_BYTES = 256L << 20;

    /**
     * The table of a matrix.
     *
     * @throws IllegalArgumentException for {@link Weight.View#UNFOLDED_IN}, whose rows lie in pieces of a few numbers
     */
    public WeightTable {
        weight = weight.asItLies();
        if (weight.view() == Weight.View.UNFOLDED_IN) {
            throw new IllegalArgumentException(weight.name() + " is not stored by rows or columns");
        }
    }

    @Override
    public long rows() {
        return Math.max(weight.out(), weight.in());
    }

    @Override
    public int cols() {
        return weight.most();
    }

    private int storedRows() {
        return weight.view() == Weight.View.IN_OUT ? weight.in() : weight.out();
    }

    private int storedCols() {
        return weight.view() == Weight.View.IN_OUT ? weight.out() : weight.in();
    }

    /** Whether rows of the table are rows of the file, not columns. */
    boolean byRows() {
        return storedRows() >= storedCols();
    }

    /** What a row of the table belongs to: {@link FactorsSink#OUT} for outputs, {@link FactorsSink#IN} for inputs. */
    String side() {
        return byRows() == (weight.view() == Weight.View.IN_OUT) ? FactorsSink.IN : FactorsSink.OUT;
    }

    /** What a column of the table belongs to. */
    String otherSide() {
        return side().equals(FactorsSink.OUT) ? FactorsSink.IN : FactorsSink.OUT;
    }

    /** How the table is cut: by its shape alone. */
    public Layout layout() {
        return Layout.of(rows(), 8L * cols(), Tsqr.triangleBytes(cols()));
    }

    @Override
    public long storedBytes() {
        return weight.tensor().bytes();
    }

    private int panelRows() {
        Layout layout = layout();
        int rows = layout.blockRows();
        while (!byRows() && rows < layout.leafRows() && 2L * rows * 8 * cols() <= PANEL_BYTES) {
            rows *= 2;
        }
        return rows;
    }

    /** Bytes that lie one after the other where columns of the file are read. */
    public long rangeBytes() {
        return (byRows() ? (long) panelRows() * cols() : Math.min(panelRows(), rows()))
                * weight.tensor().type().bytes();
    }

    @Override
    public long readerBytes() {
        return TensorReader.HEAP_BYTES + (byRows() ? 0 : 8L * StoredColumns.STRIP * panelRows());
    }

    @Override
    public long chunkBytes() {
        return 8L * (panelRows() - layout().blockRows()) * cols();
    }

    /** Its rows as blocks of doubles. */
    public BlockSource source() {
        return new Rows(this, layout());
    }

    /** Doubles at {@code target} = rows {@code first .. first + count} of the table. */
    private void read(TensorReader reader, long first, int count, long target) {
        if (byRows()) {
            reader.read(first * cols(), (long) count * cols(), target);
        } else {
            StoredColumns.read(reader, storedRows(), storedCols(), (int) first, count, target);
        }
    }

    private record Rows(WeightTable table, Layout layout) implements BlockSource {
        @Override
        public Schema schema() {
            return Schema.of(new Column(table.otherSide(), table.cols(), Precision.DOUBLE));
        }

        @Override
        public BlockStream open(LeafRange range, boolean ids, Arena arena) {
            return new Stream(this, range, arena);
        }

        @Override
        public String place(long row) {
            return table.weight.tensor().file().path() + ": " + table.weight.name() + " " + table.side() + "[" + row
                    + "]";
        }

        @Override
        public String remedy() {
            return "repair the checkpoint, or exclude it";
        }
    }

    /** Panels of rows, and blocks inside them. */
    private static final class Stream implements BlockStream {
        private final WeightTable table;
        private final Layout layout;
        private final Arena arena;
        private final TensorReader reader;
        private final long end;
        private final int panelRows;
        private final long panel;
        private long panelFrom;
        private long panelTo;
        private long next;

        Stream(Rows rows, LeafRange range, Arena arena) {
            table = rows.table;
            layout = rows.layout;
            this.arena = arena;
            next = range.from() * layout.leafRows();
            panelTo = next;
            end = Math.min(range.to() * layout.leafRows(), layout.rows());
            panelRows = table.panelRows();
            panel = arena.doubles((long) panelRows * table.cols());
            reader = TensorReader.open(table.conf, table.weight.tensor());
        }

        @Override
        public Block next() {
            if (next >= end) {
                return null;
            }
            if (next == panelTo) {
                panelFrom = next;
                panelTo = Math.min(next + panelRows, end);
                table.read(reader, next, (int) (panelTo - panelFrom), panel);
            }
            int count = (int) Math.min(layout.blockRows(), end - next);
            Slab slab = new Slab(panel + 8 * (next - panelFrom) * table.cols(), count, table.cols(), Precision.DOUBLE);
            Block block = new Block(next, count, List.of(slab), null, null);
            next += count;
            return block;
        }

        @Override
        public void close() {
            reader.close();
            arena.free(panel);
        }
    }
}
