package lowrank.store;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import lowrank.io.ColumnData;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;

/**
 * A table of a result that fits the driver's memory, with a row for each of some records; columns are written in the order in which
 * they are named.
 */
public final class RowTable<T> {
    private final List<T> rows;
    private final Map<String, ColumnData> columns = new LinkedHashMap<>();

    private RowTable(List<T> rows) {
        this.rows = rows;
    }

    public static <T> RowTable<T> of(List<T> rows) {
        return new RowTable<>(rows);
    }

    /** Adds a column of text. */
    public RowTable<T> text(String name, Function<T, String> value) {
        return add(name, new ColumnData.Texts(rows.stream().map(value).toArray(String[]::new)));
    }

    /** Adds a column of whole numbers. */
    public RowTable<T> whole(String name, ToIntFunction<T> value) {
        return add(name, new ColumnData.Ints(rows.stream().mapToInt(value).toArray()));
    }

    /** Adds a column of numbers. */
    public RowTable<T> number(String name, ToDoubleFunction<T> value) {
        return add(name, new ColumnData.Doubles(rows.stream().mapToDouble(value).toArray()));
    }

    /** Adds a column of large whole numbers. */
    public RowTable<T> longs(String name, ToLongFunction<T> value) {
        return add(name, new ColumnData.Longs(rows.stream().mapToLong(value).toArray()));
    }

    private RowTable<T> add(String name, ColumnData column) {
        if (columns.put(name, column) != null) {
            throw new IllegalStateException("a table with two columns " + name);
        }
        return this;
    }

    /** The columns as they will be read back. */
    public Columns columns() {
        return new Columns(columns);
    }

    /** Writes the table as {@code folder/part-0.parquet}. */
    public Manifest.Factor write(OutputFolder out, String folder, String codec) {
        return new SmallTable(columns).write(out, folder, codec);
    }

    /**
     * A table that was read back.
     *
     * @param columns by name, in their order: texts, ints, longs or doubles
     */
    public record Columns(Map<String, ColumnData> columns) {
        /** Whether there is a column of this name. */
        public boolean has(String name) {
            return columns.containsKey(name);
        }

        /** Whether a column holds whole numbers. */
        public boolean isWhole(String name) {
            return columns.get(name) instanceof ColumnData.Ints;
        }

        /** A column of text. */
        public String[] texts(String name) {
            return ((ColumnData.Texts) column(name, ColumnData.Texts.class)).values();
        }

        /** A column of whole numbers. */
        public int[] whole(String name) {
            return ((ColumnData.Ints) column(name, ColumnData.Ints.class)).values();
        }

        /** A column of numbers. */
        public double[] numbers(String name) {
            return ((ColumnData.Doubles) column(name, ColumnData.Doubles.class)).values();
        }

        /** A column of any type, in words. */
        public String[] words(String name) {
            ColumnData column = columns.get(name);
            if (column instanceof ColumnData.Longs longs) {
                return Arrays.stream(longs.values()).mapToObj(String::valueOf).toArray(String[]::new);
            }
            if (column instanceof ColumnData.Ints) {
                return Arrays.stream(whole(name)).mapToObj(String::valueOf).toArray(String[]::new);
            }
            return column instanceof ColumnData.Texts
                    ? texts(name)
                    : Arrays.stream(numbers(name)).mapToObj(String::valueOf).toArray(String[]::new);
        }

        /** A column of large whole numbers. */
        public long[] longs(String name) {
            return ((ColumnData.Longs) column(name, ColumnData.Longs.class)).values();
        }

        private ColumnData column(String name, Class<?> type) {
            ColumnData column = columns.get(name);
            if (!type.isInstance(column)) {
                throw new CorruptFileException("a table of the result has no column " + name
                        + " of the type it was written with; run the job again");
            }
            return column;
        }
    }

    /**
     * Reads a table that was written so.
     *
     * @throws CorruptFileException when it is not there, or not what the manifest was written for
     */
    public static Columns read(HadoopConf conf, OutputFolder.Result result, String folder) {
        return new Columns(SmallTable.read(conf, result, folder).columns());
    }
}
