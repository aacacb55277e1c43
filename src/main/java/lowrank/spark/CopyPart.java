package lowrank.spark;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Offenders;
import lowrank.io.ColumnData;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import org.apache.hadoop.fs.Path;
import scala.Tuple2;

/**
 * A part of a copy into order.
 *
 * @param path where it lies; null where rows are wrong
 * @param twice the least row of the copy that two rows belong to, or -1
 * @param offenders what cannot be read
 * @param offHeap the most bytes off the heap that the process has held
 */
record CopyPart(int range, String path, long twice, Offenders offenders, long offHeap) implements Serializable {
    /** The column that tells which row of the input each row was. */
    static final String ROW = "row";

    /** Few enough that a short group does not wait for many rows of others. */
    private static final int MOST_GROUP_ROWS = 8192;

    /** Puts chunks of rows together, in whatever order they come. */
    static CopyPart of(CopyPlan plan, int range, Iterator<Tuple2<Integer, Serializable>> chunks) {
        if (range == plan.ranges()) {
            return new CopyPart(range, null, -1, all(chunks), 0);
        }
        try (Arena arena = new Arena()) {
            int rows = plan.rowsOf(range);
            long[] addresses = new long[plan.widths().size()];
            List<ByteBuffer> tables = new ArrayList<>();
            for (int table = 0; table < addresses.length; table++) {
                long bytes = (long) rows * plan.bytes(table);
                addresses[table] = arena.allocate(bytes);
                tables.add(OffHeap.view(addresses[table], bytes));
            }
            long[] sources = new long[rows];
            BitSet filled = new BitSet(rows);
            int[] twice = {-1};
            while (chunks.hasNext()) {
                RowChunk.unpack(plan, (byte[]) chunks.next()._2(), tables, (place, source) -> {
                    if (filled.get(place)) {
                        twice[0] = twice[0] < 0 ? place : Math.min(twice[0], place);
                        return false;
                    }
                    filled.set(place);
                    sources[place] = source;
                    return true;
                });
            }
            boolean whole = twice[0] < 0 && filled.cardinality() == rows;
            return new CopyPart(
                    range,
                    whole ? write(plan, range, rows, addresses, sources) : null,
                    twice[0] < 0 ? -1 : (long) range * plan.rangeRows() + twice[0],
                    new Offenders(),
                    Arena.peakBytes());
        }
    }

    /** The first of all, whatever order they come in. */
    private static Offenders all(Iterator<Tuple2<Integer, Serializable>> chunks) {
        List<Offenders> sorted = new ArrayList<>();
        chunks.forEachRemaining(chunk -> sorted.add((Offenders) chunk._2()));
        // Each is of other leaves.
        sorted.sort(java.util.Comparator.comparingLong(of -> of.first().get(0).row()));
        return sorted.stream().reduce(new Offenders(), Offenders::then);
    }

    private static String write(CopyPlan plan, int range, int rows, long[] addresses, long[] sources) {
        String name = String.format(Locale.ROOT, "ordered-%08d-%s.parquet", range, UUID.randomUUID());
        Path file = new Path(plan.folder(), name);
        List<Column> columns = new ArrayList<>(List.of(new Column(ROW, Type.LONG)));
        for (int table = 0; table < addresses.length; table++) {
            columns.add(new Column(
                    CopyPlan.column(table),
                    plan.precision() == Precision.FLOAT ? Type.FLOAT_VECTOR : Type.DOUBLE_VECTOR));
        }
        int most = Math.min(MOST_GROUP_ROWS, SpoolWriter.groupRows(plan.rowBytes()));
        try (ParquetTableWriter writer = ParquetTableWriter.create(plan.conf(), file, columns, "none", Map.of())) {
            for (int first = 0; first < rows; first += most) {
                int count = Math.min(most, rows - first);
                List<ColumnData> data = new ArrayList<>();
                data.add(new ColumnData.Longs(Arrays.copyOfRange(sources, first, first + count)));
                for (int table = 0; table < addresses.length; table++) {
                    data.add(new ColumnData.VectorData(
                            addresses[table] + (long) first * plan.bytes(table),
                            plan.widths().get(table),
                            plan.precision()));
                }
                writer.rowGroup(count, data);
            }
            writer.finish();
        }
        return file.toString();
    }
}
