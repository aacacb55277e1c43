package lowrank.io;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Tables of queries, keys and values whose numbers are a function of sequence, head and position alone.
 *
 * @param heads of each sequence; 0 for no key columns at all
 * @param start the first position
 * @param sequence the type of the column {@code sequence}
 * @param masked whether there is a mask, which hides every third position
 */
public record HeadFiles(int[] lengths, int heads, long start, Type sequence, int width, int values, boolean masked) {
    private static final HadoopConf CONF = new HadoopConf(new Configuration());

    /** A row. */
    public record Row(int sequence, int head, long position) {}

    /** What sequences are called: not in the order of their numbers where they are text. */
    public static String name(int sequence) {
        return "s" + (9 - sequence) + "ä";
    }

    /** All rows, by sequence, head, position. */
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (int s = 0; s < lengths.length; s++) {
            for (int h = 0; h < Math.max(1, heads); h++) {
                for (int i = 0; i < lengths[s]; i++) {
                    rows.add(new Row(s, h, start + i));
                }
            }
        }
        return rows;
    }

    /** All rows in another order. */
    public List<Row> shuffled(long seed) {
        List<Row> rows = rows();
        Collections.shuffle(rows, new Random(seed));
        return rows;
    }

    /** The numbers of a row: q, k, v and, where there is one, the mask. Floats hold them. */
    public double[][] of(Row row) {
        SplittableRandom random =
                new SplittableRandom(1_000_003L * row.sequence + 7919L * row.head + 31L * row.position);
        double[][] all = new double[masked ? 4 : 3][];
        int[] widths = {width, width, values};
        for (int c = 0; c < 3; c++) {
            all[c] = new double[widths[c]];
            for (int j = 0; j < widths[c]; j++) {
                all[c][j] = (float) (random.nextDouble() * 2 - 1);
            }
        }
        if (masked) {
            all[3] = new double[] {row.position % 3 == 2 ? 0 : 1};
        }
        return all;
    }

    /** Writes rows in their order to files of about the same size. */
    public void write(java.nio.file.Path folder, List<Row> rows, int files, Type vectors) {
        for (int f = 0; f < files; f++) {
            int from = (int) ((long) rows.size() * f / files);
            int to = (int) ((long) rows.size() * (f + 1) / files);
            write(folder.resolve("part-" + f + ".parquet"), rows.subList(from, to), vectors);
        }
    }

    private List<Column> columns(Type vectors) {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("v", vectors));
        if (heads > 0) {
            columns.add(new Column("sequence", sequence));
            columns.add(new Column("head", Type.INT));
        }
        columns.add(new Column("position", Type.LONG));
        columns.add(new Column("q", vectors));
        columns.add(new Column("k", vectors));
        if (masked) {
            columns.add(new Column("mask", Type.INT));
        }
        return columns;
    }

    private void write(java.nio.file.Path file, List<Row> rows, Type vectors) {
        int group = 300;
        try (Arena arena = new Arena();
                ParquetTableWriter writer =
                        ParquetTableWriter.create(CONF, new Path(file.toUri()), columns(vectors), "none", Map.of())) {
            long q = arena.doubles((long) group * width);
            long k = arena.doubles((long) group * width);
            long v = arena.doubles((long) group * values);
            for (int first = 0; first < rows.size(); first += group) {
                List<Row> some = rows.subList(first, Math.min(rows.size(), first + group));
                int[] masks = new int[some.size()];
                for (int i = 0; i < some.size(); i++) {
                    double[][] numbers = of(some.get(i));
                    OffHeap.put(q + 8L * i * width, numbers[0], 0, width);
                    OffHeap.put(k + 8L * i * width, numbers[1], 0, width);
                    OffHeap.put(v + 8L * i * values, numbers[2], 0, values);
                    masks[i] = masked ? (int) numbers[3][0] : 1;
                }
                List<ColumnData> data = new ArrayList<>();
                data.add(new ColumnData.VectorData(v, values, Precision.DOUBLE));
                if (heads > 0) {
                    data.add(sequences(some));
                    data.add(new ColumnData.Ints(
                            some.stream().mapToInt(Row::head).toArray()));
                }
                data.add(new ColumnData.Longs(
                        some.stream().mapToLong(Row::position).toArray()));
                data.add(new ColumnData.VectorData(q, width, Precision.DOUBLE));
                data.add(new ColumnData.VectorData(k, width, Precision.DOUBLE));
                if (masked) {
                    data.add(new ColumnData.Ints(masks));
                }
                writer.rowGroup(some.size(), data);
            }
            writer.finish();
        }
    }

    private ColumnData sequences(List<Row> rows) {
        return switch (sequence) {
            case TEXT ->
                new ColumnData.Texts(
                        rows.stream().map(row -> name(row.sequence)).toArray(String[]::new));
            case LONG ->
                new ColumnData.Longs(rows.stream().mapToLong(Row::sequence).toArray());
            default -> new ColumnData.Ints(rows.stream().mapToInt(Row::sequence).toArray());
        };
    }

    /** The same as {@link #write}, as Arrow IPC files with a FixedSizeList for each vector. */
    public void writeArrow(java.nio.file.Path folder, List<Row> rows, int files, boolean single) throws IOException {
        for (int f = 0; f < files; f++) {
            int from = (int) ((long) rows.size() * f / files);
            int to = (int) ((long) rows.size() * (f + 1) / files);
            arrow(folder.resolve("part-" + f + ".arrow"), rows.subList(from, to), single);
        }
    }

    private List<Field> fields(boolean single) {
        List<Field> fields = new ArrayList<>();
        for (Column column : columns(single ? Type.FLOAT_VECTOR : Type.DOUBLE_VECTOR)) {
            fields.add(
                    switch (column.type()) {
                        case INT -> Field.notNullable(column.name(), new ArrowType.Int(32, true));
                        case LONG -> Field.notNullable(column.name(), new ArrowType.Int(64, true));
                        case TEXT -> Field.nullable(column.name(), new ArrowType.Utf8());
                        default ->
                            new Field(
                                    column.name(),
                                    FieldType.nullable(new ArrowType.FixedSizeList(
                                            column.name().equals("v") ? values : width)),
                                    List.of(Field.nullable(
                                            "item",
                                            new ArrowType.FloatingPoint(
                                                    single
                                                            ? FloatingPointPrecision.SINGLE
                                                            : FloatingPointPrecision.DOUBLE))));
                    });
        }
        return fields;
    }

    private void arrow(java.nio.file.Path file, List<Row> rows, boolean single) throws IOException {
        int batch = 300;
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = VectorSchemaRoot.create(new Schema(fields(single)), allocator);
                var channel = java.nio.file.Files.newByteChannel(file, CREATE, WRITE);
                ArrowFileWriter writer =
                        new ArrowFileWriter(root, new DictionaryProvider.MapDictionaryProvider(), channel)) {
            writer.start();
            for (int first = 0; first < rows.size(); first += batch) {
                List<Row> some = rows.subList(first, Math.min(rows.size(), first + batch));
                root.allocateNew();
                for (int i = 0; i < some.size(); i++) {
                    for (FieldVector vector : root.getFieldVectors()) {
                        set(vector, i, some.get(i));
                    }
                }
                root.getFieldVectors().forEach(vector -> vector.setValueCount(some.size()));
                root.setRowCount(some.size());
                writer.writeBatch();
            }
            writer.end();
        }
    }

    private void set(FieldVector vector, int index, Row row) {
        switch (vector.getName()) {
            case "sequence" -> {
                if (vector instanceof VarCharVector texts) {
                    texts.setSafe(index, name(row.sequence).getBytes(StandardCharsets.UTF_8));
                } else if (vector instanceof BigIntVector longs) {
                    longs.setSafe(index, row.sequence);
                } else {
                    ((IntVector) vector).setSafe(index, row.sequence);
                }
            }
            case "head" -> ((IntVector) vector).setSafe(index, row.head);
            case "position" -> ((BigIntVector) vector).setSafe(index, row.position);
            case "mask" -> ((IntVector) vector).setSafe(index, (int) of(row)[3][0]);
            default -> {
                double[] numbers = of(row)[List.of("q", "k", "v").indexOf(vector.getName())];
                FixedSizeListVector list = (FixedSizeListVector) vector;
                list.setNotNull(index);
                for (int j = 0; j < numbers.length; j++) {
                    if (list.getDataVector() instanceof Float4Vector floats) {
                        floats.setSafe(index * numbers.length + j, (float) numbers[j]);
                    } else {
                        ((Float8Vector) list.getDataVector()).setSafe(index * numbers.length + j, numbers[j]);
                    }
                }
            }
        }
    }
}
