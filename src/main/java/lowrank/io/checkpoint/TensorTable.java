package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;

/**
 * A tensor as a table: rows are its last dimension, or single numbers, counted through all dimensions before. Numbers are read by ranges
 * and widened.
 *
 * @param cols numbers of a row: the size of the last dimension, or 1
 * @param line rows that belong together
 * @param times how often each such line stands in the table, one after the other
 * @param listing of the checkpoint
 */
public record TensorTable(HadoopConf conf, StoredTensor tensor, int cols, long line, long times, String listing)
        implements InputTable {
    @Override
    public long rows() {
        return tensor.count() / cols * times;
    }

    @Override
    public List<String> names() {
        return cols == 1
                ? List.of(tensor.name())
                : IntStream.range(0, cols)
                        .mapToObj(j -> tensor.name() + "[" + j + "]")
                        .toList();
    }

    @Override
    public int files() {
        return 1;
    }

    @Override
    public boolean checksums() {
        return false;
    }

    @Override
    public long storedBytes() {
        return tensor.bytes() * times;
    }

    @Override
    public long readerBytes() {
        boolean strips = tensor.packing() != null && tensor.packing().columnMajor();
        return TensorReader.HEAP_BYTES + (strips ? ValueBytes.MOST_STRIP : 0);
    }

    @Override
    public BlockSource source(Precision precision, Layout layout, long firstRow) {
        return new Rows(this, precision, layout, firstRow);
    }

    /** The row of the tensor that a row of the table is. */
    private long stored(long row) {
        return row / line / times * line + row % line;
    }

    /** Rows {@code first .. first + count} of the table to an address. */
    private void read(TensorReader reader, RowWriter writer, Precision precision, long first, int count, long address) {
        for (int done = 0; done < count; ) {
            long from = stored(first + done) * cols;
            int some = (int) Math.min(count - done, line - (first + done) % line);
            long to = address + (long) done * cols * precision.bytes();
            reader.visit(
                    from,
                    (long) some * cols,
                    (at, tile, n) -> writer.put(to + (at - from) * precision.bytes(), tile, 0, n));
            done += some;
        }
    }

    /** A row by its indices in all dimensions before the last. */
    private String place(long row) {
        List<Long> index = new ArrayList<>();
        long left = stored(row);
        List<Long> shape = tensor.shape();
        for (int axis = shape.size() - (cols == 1 && shape.get(shape.size() - 1) != 1 ? 1 : 2); axis >= 0; axis--) {
            index.add(left % shape.get(axis));
            left /= shape.get(axis);
        }
        Collections.reverse(index);
        return tensor.file().path() + ": " + tensor.name()
                + index.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
    }

    private record Rows(TensorTable table, Precision precision, Layout layout, long firstRow) implements BlockSource {
        @Override
        public Schema schema() {
            return Schema.of(new Column(table.tensor.name(), table.cols, precision));
        }

        @Override
        public BlockStream open(LeafRange range, boolean ids, Arena arena) {
            return new Stream(this, range, arena);
        }

        @Override
        public String place(long row) {
            return table.place(firstRow + row);
        }

        @Override
        public String remedy() {
            return "repair the tensor";
        }
    }

    private static final class Stream implements BlockStream {
        private final Rows rows;
        private final Arena arena;
        private final TensorReader reader;
        private final RowWriter writer;
        private final long buffer;
        private final long end;
        private long next;

        Stream(Rows rows, LeafRange range, Arena arena) {
            this.rows = rows;
            this.arena = arena;
            next = range.from() * rows.layout.leafRows();
            end = Math.min(range.to() * rows.layout.leafRows(), rows.layout.rows());
            writer = new RowWriter(rows.precision);
            buffer = arena.allocate((long) rows.layout.blockRows() * rows.table.cols, rows.precision);
            reader = TensorReader.open(rows.table.conf, rows.table.tensor);
        }

        @Override
        public Block next() {
            if (next >= end) {
                return null;
            }
            int count = (int) Math.min(rows.layout.blockRows(), end - next);
            rows.table.read(reader, writer, rows.precision, rows.firstRow + next, count, buffer);
            Block block = new Block(
                    next, count, List.of(new Slab(buffer, count, rows.table.cols, rows.precision)), null, null);
            next += count;
            return block;
        }

        @Override
        public void close() {
            reader.close();
            arena.free(buffer);
        }
    }
}
