package lowrank.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import org.apache.hadoop.fs.Path;

/**
 * Writes one part of a spool, row by row. A file appears with the first row group, under a name of this attempt's own, so
 * that two attempts at a task never meet.
 */
final class SpoolWriter implements AutoCloseable {
    private static final long GROUP_BYTES = 16L << 20;
    private static final int MOST_GROUP_ROWS = 1 << 16;

    /**
     * Where the parts of a spool go, and how their rows look.
     *
     * @param folder on a file system that driver and executors share
     * @param precision of the values as stored
     */
    record Target(HadoopConf conf, String folder, int width, Ids.Type ids, Precision precision)
            implements Serializable {}

    private final Target target;
    private final int source;
    private final Arena arena = new Arena();
    private final int groupRows;
    private final long buffer;
    private final float[] floats;
    private final long[] numbers;
    private final String[] texts;
    private final Offenders offenders = new Offenders();
    private ParquetTableWriter writer;
    private Path file;
    private int filled;
    private long rows;
    private long first = -1;
    private long last = -1;

    SpoolWriter(Target target, int source) {
        this.target = target;
        this.source = source;
        long rowBytes = (long) target.width * target.precision.bytes();
        groupRows = (int) Math.max(1, Math.min(MOST_GROUP_ROWS, GROUP_BYTES / Math.max(1, rowBytes)));
        buffer = arena.allocate(groupRows * rowBytes);
        floats = new float[target.precision == Precision.FLOAT ? target.width : 0];
        numbers = target.ids == Ids.Type.INT || target.ids == Ids.Type.LONG ? new long[groupRows] : null;
        texts = target.ids == Ids.Type.TEXT ? new String[groupRows] : null;
    }

    Offenders offenders() {
        return offenders;
    }

    /** Notes the values of a row that are not finite. */
    void check(double[] values, long position, String[] names) {
        for (int j = 0; j < values.length; j++) {
            if (!Double.isFinite(values[j])) {
                offenders.add(position, names[j], Double.isNaN(values[j]) ? "is NaN" : "is infinite");
            }
        }
    }

    /**
     * Appends a row.
     *
     * @param position its line or row in the input, above the last one's
     * @param id number, text, or null where there are none
     */
    void append(double[] values, long position, Object id) {
        if (position <= last) {
            throw new IllegalStateException("rows of the input came out of order: " + position + " after " + last);
        }
        first = first < 0 ? position : first;
        last = position;
        long address = buffer + (long) filled * target.width * target.precision.bytes();
        if (target.precision == Precision.DOUBLE) {
            OffHeap.put(address, values, 0, target.width);
        } else {
            for (int j = 0; j < target.width; j++) {
                floats[j] = (float) values[j];
            }
            OffHeap.put(address, floats, 0, target.width);
        }
        if (numbers != null) {
            numbers[filled] = ((Number) id).longValue();
        } else if (texts != null) {
            texts[filled] = (String) id;
        }
        filled++;
        rows++;
        if (filled == groupRows) {
            flush();
        }
    }

    private void flush() {
        if (filled == 0) {
            return;
        }
        if (writer == null) {
            String name = String.format(Locale.ROOT, "part-%08d-%s.parquet", source, UUID.randomUUID());
            file = new Path(target.folder, name);
            writer = ParquetTableWriter.create(target.conf, file, columns(), "none", Map.of());
        }
        List<ColumnData> data = new ArrayList<>();
        if (numbers != null) {
            data.add(
                    target.ids == Ids.Type.LONG
                            ? new ColumnData.Longs(numbers)
                            : new ColumnData.Ints(java.util.Arrays.stream(numbers, 0, filled)
                                    .mapToInt(Math::toIntExact)
                                    .toArray()));
        } else if (texts != null) {
            data.add(new ColumnData.Texts(texts));
        }
        data.add(new ColumnData.VectorData(buffer, target.width, target.precision));
        writer.rowGroup(filled, data);
        filled = 0;
    }

    private List<Column> columns() {
        List<Column> columns = new ArrayList<>();
        switch (target.ids) {
            case INT -> columns.add(new Column(Spool.ID, Type.INT));
            case LONG -> columns.add(new Column(Spool.ID, Type.LONG));
            case TEXT -> columns.add(new Column(Spool.ID, Type.TEXT));
            case NONE -> {}
        }
        columns.add(
                new Column(Spool.VALUES, target.precision == Precision.FLOAT ? Type.FLOAT_VECTOR : Type.DOUBLE_VECTOR));
        return columns;
    }

    /**
     * Completes the part.
     *
     * @param lines lines that were read for it
     */
    SpoolPart finish(long lines) {
        flush();
        if (writer != null) {
            writer.finish();
        }
        return new SpoolPart(source, first, last, lines, rows, file == null ? null : file.toString(), offenders);
    }

    @Override
    public void close() {
        try (arena) {
            if (writer != null) {
                writer.close();
            }
        }
    }
}
