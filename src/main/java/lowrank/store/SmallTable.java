package lowrank.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;
import lowrank.blocks.Offenders;
import lowrank.io.ColumnData;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.linalg.Matrix;
import org.apache.hadoop.fs.Path;

/**
 * A table of a result that fits the driver's memory: named columns, and a matrix with a row per row, the column {@code values}, the
 * last of the file.
 *
 * <p>Its digest is, block by block, of the matrix and then of the columns of doubles and longs, in their order. Text and ints, which
 * name or number the rows, do not enter.
 *
 * @param columns whole numbers, doubles and text; all of the same length
 * @param values null for none
 */
record SmallTable(Map<String, ColumnData> columns, Matrix values) {
    static final String PART = "part-0.parquet";

    private static final String VALUES = "values";

    SmallTable(Map<String, ColumnData> columns) {
        this(columns, null);
    }

    private int rows() {
        return values != null
                ? values.rows()
                : length(columns.values().iterator().next());
    }

    private int width() {
        return values == null ? 0 : values.cols();
    }

    private Layout layout() {
        return Layout.of(rows(), 8L * width(), 0);
    }

    private static int length(ColumnData column) {
        if (column instanceof ColumnData.Ints ints) {
            return ints.values().length;
        }
        if (column instanceof ColumnData.Longs longs) {
            return longs.values().length;
        }
        return column instanceof ColumnData.Texts texts
                ? texts.values().length
                : ((ColumnData.Doubles) column).values().length;
    }

    private static Type type(ColumnData column) {
        if (column instanceof ColumnData.Ints) {
            return Type.INT;
        }
        return column instanceof ColumnData.Longs
                ? Type.LONG
                : column instanceof ColumnData.Texts ? Type.TEXT : Type.DOUBLE;
    }

    private static ColumnData slice(ColumnData column, int from, int to) {
        if (column instanceof ColumnData.Ints ints) {
            return new ColumnData.Ints(Arrays.copyOfRange(ints.values(), from, to));
        }
        if (column instanceof ColumnData.Longs longs) {
            return new ColumnData.Longs(Arrays.copyOfRange(longs.values(), from, to));
        }
        return column instanceof ColumnData.Texts texts
                ? new ColumnData.Texts(Arrays.copyOfRange(texts.values(), from, to))
                : new ColumnData.Doubles(Arrays.copyOfRange(((ColumnData.Doubles) column).values(), from, to));
    }

    /** Writes the table as {@code folder/part-0.parquet}. */
    Manifest.Factor write(OutputFolder out, String folder, String codec) {
        List<Column> schema = new ArrayList<>();
        columns.forEach((name, column) -> schema.add(new Column(name, type(column))));
        if (values != null) {
            schema.add(new Column(VALUES, Type.DOUBLE_VECTOR));
        }
        List<byte[]> digests = new ArrayList<>();
        Path file = out.staged(folder + "/" + PART);
        try (Arena arena = new Arena();
                ParquetTableWriter writer = ParquetTableWriter.create(out.conf(), file, schema, codec, Map.of())) {
            blocks(arena, (address, first, count) -> {
                digests.add(digest(address, first, count));
                List<ColumnData> data = new ArrayList<>();
                columns.values().forEach(column -> data.add(slice(column, first, first + count)));
                if (values != null) {
                    data.add(new ColumnData.VectorData(address, width(), Precision.DOUBLE));
                }
                writer.rowGroup(count, data);
            });
            return new Manifest.Factor(
                    rows(),
                    values == null ? 1 : width(),
                    "double",
                    Digests.ofBlocks(digests),
                    List.of(new Manifest.Part(folder + "/" + PART, rows(), writer.finish(), writer.checksum())));
        }
    }

    private interface Blocks {
        void block(long address, int first, int count);
    }

    /** Visits the rows of the matrix, row by row, a block at a time. */
    private void blocks(Arena arena, Blocks visitor) {
        Layout layout = layout();
        int width = width();
        long address = arena.doubles((long) layout.blockRows() * width);
        double[] row = new double[width];
        for (int first = 0; first < rows(); first += layout.blockRows()) {
            int count = Math.min(layout.blockRows(), rows() - first);
            for (int i = 0; i < count && width > 0; i++) {
                for (int j = 0; j < width; j++) {
                    row[j] = values.get(first + i, j);
                }
                OffHeap.put(address + 8L * i * width, row, 0, width);
            }
            visitor.block(address, first, count);
        }
    }

    private byte[] digest(long address, int first, int count) {
        MessageDigest digest = Digests.sha256();
        digest.update(OffHeap.view(address, 8L * count * width()));
        ByteBuffer numbers = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (ColumnData column : columns.values()) {
            if (column instanceof ColumnData.Doubles doubles) {
                numbers.clear().asDoubleBuffer().put(doubles.values(), first, count);
                digest.update(numbers);
            } else if (column instanceof ColumnData.Longs longs) {
                numbers.clear().asLongBuffer().put(longs.values(), first, count);
                digest.update(numbers);
            }
        }
        return digest.digest();
    }

    private String digest() {
        List<byte[]> digests = new ArrayList<>();
        try (Arena arena = new Arena()) {
            blocks(arena, (address, first, count) -> digests.add(digest(address, first, count)));
        }
        return Digests.ofBlocks(digests);
    }

    /**
     * Reads all columns of a table back.
     *
     * @throws CorruptFileException when it is not there, or not what the manifest was written for
     */
    static SmallTable read(HadoopConf conf, OutputFolder.Result result, String folder) {
        Manifest.Factor factor = result.manifest().factors().get(folder);
        if (factor == null) {
            throw new CorruptFileException(
                    result.path() + " has no " + folder + "/ in its manifest, which results of job = "
                            + result.manifest().job() + " with this part have");
        }
        ParquetFooter footer = ParquetFooter.read(conf, new Path(result.path(), folder + "/" + PART));
        SmallTable table = read(conf, footer, factor.width());
        requireDigest(result, folder, table.digest());
        return table;
    }

    /** Reads the column of text alone, which no digest covers. */
    static List<String> readTexts(HadoopConf conf, OutputFolder.Result result, String folder, String name) {
        ParquetFooter footer = ParquetFooter.read(conf, new Path(result.path(), folder + "/" + PART));
        if (footer.field(name).isEmpty()) {
            throw missing(name);
        }
        return List.of(texts(conf, footer, name));
    }

    private static String[] texts(HadoopConf conf, ParquetFooter footer, String name) {
        try (ParquetRows rows = ParquetRows.open(conf, footer, List.of(), name, 0)) {
            rows.read(Math.toIntExact(footer.rows()), new long[0], 0, new Offenders());
            return ((Ids.Texts) rows.ids()).values();
        }
    }

    static void requireDigest(OutputFolder.Result result, String factor, String digest) {
        if (!digest.equals(result.manifest().factors().get(factor).digest())) {
            throw new CorruptFileException(result.path() + "/" + factor
                    + " does not hold the values that its manifest was written for; run the job again");
        }
    }

    private static SmallTable read(HadoopConf conf, ParquetFooter footer, int width) {
        int n = Math.toIntExact(footer.rows());
        List<String> numeric = new ArrayList<>();
        for (ParquetFooter.Field field : footer.fields()) {
            if (field.kind() != ParquetFooter.Kind.TEXT && !field.name().equals(VALUES)) {
                numeric.add(field.name());
            }
        }
        int k = footer.field(VALUES).isPresent() ? width : 0;
        double[][] numbers = new double[numeric.size()][n];
        Matrix values = footer.field(VALUES).isPresent() ? Matrix.zeros(n, k) : null;
        List<ParquetRows.Target> targets = new ArrayList<>();
        numeric.forEach(name -> targets.add(new ParquetRows.Target(name, Precision.DOUBLE, 1, 0)));
        if (k > 0) {
            targets.add(new ParquetRows.Target(VALUES, Precision.DOUBLE, k, 0, k));
        }
        int most = (int) Math.max(1, Math.min(n, (1 << 20) / Math.max(1, k)));
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(conf, footer, targets, null, 0)) {
            long[] to = new long[targets.size()];
            for (int t = 0; t < to.length; t++) {
                to[t] = arena.doubles((long) most * (t < numbers.length ? 1 : k));
            }
            double[] row = new double[k];
            for (int first = 0; first < n; first += most) {
                int count = Math.min(most, n - first);
                rows.read(count, to, first, new Offenders());
                for (int t = 0; t < numbers.length; t++) {
                    OffHeap.get(to[t], numbers[t], first, count);
                }
                for (int i = 0; i < count && k > 0; i++) {
                    OffHeap.get(to[numbers.length] + 8L * k * i, row, 0, k);
                    for (int j = 0; j < k; j++) {
                        values.set(first + i, j, row[j]);
                    }
                }
            }
        }
        Map<String, ColumnData> columns = new LinkedHashMap<>();
        for (ParquetFooter.Field field : footer.fields()) {
            if (field.kind() == ParquetFooter.Kind.TEXT) {
                columns.put(field.name(), new ColumnData.Texts(texts(conf, footer, field.name())));
            } else if (!field.name().equals(VALUES)) {
                double[] all = numbers[numeric.indexOf(field.name())];
                columns.put(
                        field.name(),
                        switch (field.kind()) {
                            case INT ->
                                new ColumnData.Ints(DoubleStream.of(all)
                                        .mapToInt(x -> (int) x)
                                        .toArray());
                            case LONG ->
                                new ColumnData.Longs(DoubleStream.of(all)
                                        .mapToLong(x -> (long) x)
                                        .toArray());
                            default -> new ColumnData.Doubles(all);
                        });
            }
        }
        return new SmallTable(columns, values);
    }

    /** A column of doubles, if it is there. */
    Optional<double[]> find(String name) {
        return columns.get(name) instanceof ColumnData.Doubles doubles
                ? Optional.of(doubles.values())
                : Optional.empty();
    }

    /** A column of doubles. */
    double[] doubles(String name) {
        return find(name).orElseThrow(() -> missing(name));
    }

    /** A column of longs. */
    long[] longs(String name) {
        if (columns.get(name) instanceof ColumnData.Longs longs) {
            return longs.values();
        }
        throw missing(name);
    }

    /** A column of text. */
    List<String> texts(String name) {
        if (columns.get(name) instanceof ColumnData.Texts texts) {
            return List.of(texts.values());
        }
        throw missing(name);
    }

    /** The matrix. */
    Matrix matrix() {
        if (values == null) {
            throw missing(VALUES);
        }
        return values;
    }

    private static CorruptFileException missing(String name) {
        return new CorruptFileException(
                "a table of the model has no column " + name + " of the type it was written with; run the job again");
    }
}
