package lowrank.io;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.io.ColumnData.VectorData;
import lowrank.io.ParquetRows.Target;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import org.apache.arrow.memory.util.MemoryUtil;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Files and readings that the tests of this package share. */
final class Parquets {
    static final HadoopConf CONF = new HadoopConf(new Configuration());

    private Parquets() {}

    /** What a reading brought: rows of values as doubles, ids, offenders. */
    record Reading(double[][] rows, Ids ids, Offenders offenders) {}

    static Path path(java.nio.file.Path file) {
        return new Path(file.toUri());
    }

    static ParquetFooter footer(java.nio.file.Path file) {
        return ParquetFooter.read(CONF, path(file));
    }

    /** Reads a vector column from a row on, {@code batch} rows at a time. */
    static Reading read(java.nio.file.Path file, String column, Precision precision, String id, long from, int batch) {
        return read(file, column, precision, id, from, batch, 0, 0, 0);
    }

    /** The same into rows that lie {@code gap} values apart and begin {@code offset} values later. */
    static Reading read(
            java.nio.file.Path file,
            String column,
            Precision precision,
            String id,
            long from,
            int batch,
            int offset,
            int gap,
            int askedWidth) {
        ParquetFooter footer = footer(file);
        int known = footer.field(column).orElseThrow().width();
        int width = askedWidth > 0 ? askedWidth : known > 0 ? known : ParquetRows.firstWidth(CONF, footer, column);
        int stride = width + offset + gap;
        Target target = new Target(column, precision, stride, offset, askedWidth);
        List<double[]> all = new ArrayList<>();
        List<Long> longs = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        Offenders offenders = new Offenders();
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(CONF, footer, List.of(target), id, from)) {
            long bytes = (long) batch * stride * precision.bytes();
            long address = arena.allocate(bytes);
            long row = from;
            while (rows.remaining() > 0) {
                int some = (int) Math.min(batch, rows.remaining());
                fill(address, bytes);
                rows.read(some, new long[] {address}, row, offenders);
                for (int i = 0; i < some; i++) {
                    double[] values = new double[stride];
                    for (int j = 0; j < stride; j++) {
                        values[j] = get(address, (long) i * stride + j, precision);
                        if (j < offset || j >= offset + width) {
                            if (values[j] != get(FILLED, precision)) {
                                throw new AssertionError("written beside the values");
                            }
                        }
                    }
                    all.add(Arrays.copyOfRange(values, offset, offset + width));
                }
                if (id != null && rows.ids() instanceof Ids.Longs longIds) {
                    Arrays.stream(longIds.values()).forEach(longs::add);
                } else if (id != null) {
                    texts.addAll(List.of(((Ids.Texts) rows.ids()).values()));
                }
                row += some;
            }
        }
        Ids ids = texts.isEmpty()
                ? new Ids.Longs(longs.stream().mapToLong(Long::longValue).toArray())
                : new Ids.Texts(texts.toArray(String[]::new));
        return new Reading(all.toArray(double[][]::new), ids, offenders);
    }

    private static final byte FILLED = 0x55;

    private static void fill(long address, long bytes) {
        for (long i = 0; i < bytes; i++) {
            MemoryUtil.putByte(address + i, FILLED);
        }
    }

    private static double get(byte filled, Precision precision) {
        return precision == Precision.DOUBLE
                ? Double.longBitsToDouble(0x0101010101010101L * filled)
                : Float.intBitsToFloat(0x01010101 * filled);
    }

    static double get(long address, long index, Precision precision) {
        return precision == Precision.DOUBLE
                ? OffHeap.getDouble(address + 8 * index)
                : OffHeap.getFloat(address + 4 * index);
    }

    /** Random rows that a float holds too. */
    static double[][] random(int rows, int width, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] all = new double[rows][width];
        for (double[] row : all) {
            for (int j = 0; j < width; j++) {
                row[j] = (float) (random.nextDouble() * 2 - 1);
            }
        }
        return all;
    }

    /** Writes row (long), name (text), values (vector) in groups of so many rows. */
    static void write(java.nio.file.Path file, double[][] rows, Type type, Precision from, int group, String codec) {
        List<Column> columns =
                List.of(new Column("row", Type.LONG), new Column("name", Type.TEXT), new Column("values", type));
        int width = rows[0].length;
        try (Arena arena = new Arena();
                ParquetTableWriter writer =
                        ParquetTableWriter.create(CONF, path(file), columns, codec, Map.of("lowrank.test", "yes"))) {
            long address = arena.allocate((long) group * width, from);
            for (int first = 0; first < rows.length; first += group) {
                int some = Math.min(group, rows.length - first);
                long[] ids = new long[some];
                String[] names = new String[some];
                for (int i = 0; i < some; i++) {
                    ids[i] = first + i;
                    names[i] = "né " + (first + i);
                    for (int j = 0; j < width; j++) {
                        put(address, (long) i * width + j, rows[first + i][j], from);
                    }
                }
                writer.rowGroup(
                        some,
                        List.of(
                                new ColumnData.Longs(ids),
                                new ColumnData.Texts(names),
                                new VectorData(address, width, from)));
            }
            writer.finish();
        }
    }

    static void put(long address, long index, double value, Precision precision) {
        if (precision == Precision.DOUBLE) {
            OffHeap.putDouble(address + 8 * index, value);
        } else {
            OffHeap.putFloat(address + 4 * index, (float) value);
        }
    }

    /** Runs statements in a DuckDB of its own. */
    static void duck(String... statements) {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** The first column of a query's rows. */
    static List<Object> ask(String sql) {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<Object> all = new ArrayList<>();
            while (result.next()) {
                all.add(result.getObject(1));
            }
            return all;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
