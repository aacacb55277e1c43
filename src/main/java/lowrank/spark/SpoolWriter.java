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
     * @param beside what stands beside them, always double
     */
    record Target(HadoopConf conf, String folder, int width, Ids.Type ids, Precision precision, Beside beside)
            implements Serializable {
        /** Values of a row: those of the matrix, the targets, the weight. */
        int numbers() {
            return width + beside.numbers().size();
        }

        private long rowBytes() {
            return (long) width * precision.bytes() + 8L * beside.numbers().size();
        }
    }

    private final Target target;
    private final int source;
    private final Arena arena = new Arena();
    private final int groupRows;
    private final long buffer;
    private final float[] floats;
    private final long[] numbers;
    private final String[] texts;
    private final long targets;
    private final double[] weights;
    private final String[] labels;
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
        groupRows = groupRows(target.rowBytes());
        buffer = arena.allocate((long) groupRows * target.width * target.precision.bytes());
        targets = arena.doubles((long) groupRows * target.beside.targets().size());
        weights = target.beside.weight() == null ? null : new double[groupRows];
        labels = target.beside.label() == null ? null : new String[groupRows];
        floats = new float[target.precision == Precision.FLOAT ? target.width : 0];
        numbers = target.ids == Ids.Type.INT || target.ids == Ids.Type.LONG ? new long[groupRows] : null;
        texts = target.ids == Ids.Type.TEXT ? new String[groupRows] : null;
    }

    /** Rows of a row group. */
    static int groupRows(long rowBytes) {
        return (int) Math.max(1, Math.min(MOST_GROUP_ROWS, GROUP_BYTES / Math.max(1, rowBytes)));
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
     * @param values of the matrix, then the targets, then the weight
     * @param position its line or row in the input, above the last one's
     * @param id number, text, or null where there are none
     * @param label text, or null where there are none
     */
    void append(double[] values, long position, Object id, String label) {
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
        int more = target.beside.targets().size();
        if (more > 0) {
            OffHeap.put(targets + 8L * filled * more, values, target.width, more);
        }
        if (weights != null) {
            weights[filled] = values[target.width + more];
        }
        if (labels != null) {
            labels[filled] = label;
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
        if (target.width > 0) {
            data.add(new ColumnData.VectorData(buffer, target.width, target.precision));
        }
        if (!target.beside.targets().isEmpty()) {
            data.add(new ColumnData.VectorData(targets, target.beside.targets().size(), Precision.DOUBLE));
        }
        if (weights != null) {
            data.add(new ColumnData.Doubles(weights));
        }
        if (labels != null) {
            data.add(new ColumnData.Texts(labels));
        }
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
        if (target.width > 0) {
            columns.add(new Column(
                    Spool.VALUES, target.precision == Precision.FLOAT ? Type.FLOAT_VECTOR : Type.DOUBLE_VECTOR));
        }
        if (!target.beside.targets().isEmpty()) {
            columns.add(new Column(Spool.TARGETS, Type.DOUBLE_VECTOR));
        }
        if (weights != null) {
            columns.add(new Column(Spool.WEIGHT, Type.DOUBLE));
        }
        if (labels != null) {
            columns.add(new Column(Spool.LABEL, Type.TEXT));
        }
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
