package lowrank.spark;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.MissingInputException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.NumericType;

/**
 * Spools entries (row, column, value), counted from 0; what is not mentioned is zero. The row index is the order of the
 * rows: each task is given a range of it that depends on the shape alone, and sorts it.
 */
public final class TripletSpool {
    private static final long PART_BYTES = 32L << 20;
    private static final int NAMED = 10;

    private final Spool spool;
    private final List<InputFiles.Entry> files;
    private final String label;

    /**
     * Spools files of entries; nothing is read yet.
     *
     * @param label what the columns of the matrix are called: label[0], ...
     */
    public TripletSpool(Spool spool, List<InputFiles.Entry> files, String label) {
        this.spool = spool;
        this.files = files;
        this.label = label;
    }

    /** Entries in CSV; see {@link #parquet}. */
    public InputTable csv(char separator, boolean header, List<String> columns, long rows, int width) {
        requireWidth(width);
        List<InputFiles.Entry> copy =
                new LineSpool(spool, files).triplets(separator, header, columns, limits(rows, width));
        Spool.Frame read = spool.parquet(copy, null);
        Dataset<Row> frame = read.rows();
        Column values = frame.col(Spool.VALUES);
        return table(
                read,
                frame.select(
                        values.getItem(0).cast("long").as("row"),
                        values.getItem(1).cast("long").as("column"),
                        values.getItem(2).as("value")),
                rows,
                width);
    }

    /**
     * Entries in Parquet.
     *
     * @param columns names of row, column and value
     * @param rows rows of the matrix; 0 for one more than the largest index
     * @param width columns of the matrix; 0 for one more than the largest index
     * @throws DataException when a column is missing, an index is null, negative or too large, a value is null or not finite,
     *     or an entry occurs twice
     */
    public InputTable parquet(List<String> columns, long rows, int width) {
        requireWidth(width);
        Spool.Frame read = spool.parquet(files, null);
        Dataset<Row> frame = read.rows();
        for (int c = 0; c < columns.size(); c++) {
            String column = columns.get(c);
            if (!List.of(frame.columns()).contains(column)) {
                throw new DataException(files.get(0).relative() + " has no column " + column + "; it has "
                        + String.join(", ", frame.columns()) + " (read.triplets)");
            }
            DataType type = frame.schema().apply(column).dataType();
            boolean value = c == 2;
            boolean whole = type instanceof NumericType
                    && !type.equals(DataTypes.FloatType)
                    && !type.equals(DataTypes.DoubleType)
                    && !(type instanceof DecimalType);
            if (!(value ? type instanceof NumericType : whole)) {
                throw new DataException("column " + column + " is " + type.simpleString() + ", where "
                        + (value ? "numbers" : "whole numbers") + " are needed (read.triplets)");
            }
        }
        Dataset<Row> entries = frame.select(
                quoted(frame, columns.get(0)).cast("long").as("row"),
                quoted(frame, columns.get(1)).cast("long").as("column"),
                quoted(frame, columns.get(2)).cast("double").as("value"),
                functions.col("_metadata.file_path").as("file"),
                functions.col("_metadata.row_index").as("position"));
        refuseBad(entries, columns, limits(rows, width));
        return table(read, entries.select("row", "column", "value"), rows, width);
    }

    private static Column quoted(Dataset<Row> frame, String name) {
        return frame.col("`" + name.replace("`", "``") + "`");
    }

    private void requireWidth(int width) {
        if (width > 0) {
            spool.requireRoom(width, "read.width = " + width);
        }
    }

    private static List<IndexLimit> limits(long rows, int width) {
        return List.of(IndexLimit.ofRows(rows), IndexLimit.ofColumns(width));
    }

    private void refuseBad(Dataset<Row> entries, List<String> columns, List<IndexLimit> limits) {
        Column row = entries.col("row");
        Column column = entries.col("column");
        Column value = entries.col("value");
        Column finite = functions.abs(value).lt(Double.POSITIVE_INFINITY).and(functions.not(functions.isnan(value)));
        Column bad = functions
                .coalesce(outside(row, limits.get(0)), functions.lit(true))
                .or(functions.coalesce(outside(column, limits.get(1)), functions.lit(true)))
                .or(functions.not(functions.coalesce(finite, functions.lit(false))));
        List<Row> first =
                entries.where(bad).sort("file", "position").limit(NAMED).collectAsList();
        if (first.isEmpty()) {
            return;
        }
        List<String> places = new ArrayList<>();
        for (Row entry : first) {
            String problem;
            int at;
            if (entry.isNullAt(0) || entry.isNullAt(1) || entry.isNullAt(2)) {
                at = entry.isNullAt(0) ? 0 : entry.isNullAt(1) ? 1 : 2;
                problem = "is null";
            } else if (entry.getLong(0) < 0 || entry.getLong(1) < 0) {
                at = entry.getLong(0) < 0 ? 0 : 1;
                problem = "is below 0";
            } else if (entry.getLong(0) >= limits.get(0).below()
                    || entry.getLong(1) >= limits.get(1).below()) {
                at = entry.getLong(0) >= limits.get(0).below() ? 0 : 1;
                problem = limits.get(at).problem();
            } else {
                at = 2;
                problem = Double.isNaN(entry.getDouble(2)) ? "is NaN" : "is infinite";
            }
            places.add(Spool.relative(files, entry.getString(3)) + " row " + entry.getLong(4) + " column "
                    + columns.get(at) + " " + problem);
        }
        throw new DataException(
                "entries cannot be factored, first of them: " + String.join("; ", places) + "; repair them");
    }

    private static Column outside(Column index, IndexLimit limit) {
        return index.lt(0).or(index.geq(limit.below()));
    }

    private InputTable table(Spool.Frame read, Dataset<Row> entries, long givenRows, int givenWidth) {
        spool.spark().sc().setJobDescription("spooling");
        try {
            Row most = entries.agg(functions.max("row"), functions.max("column"), functions.count(functions.lit(1)))
                    .head();
            read.requireCount(most.getLong(2), true);
            if (most.isNullAt(0)) {
                throw new MissingInputException("the input has no entries (" + files.size() + " files)");
            }
            long rows = givenRows > 0 ? givenRows : most.getLong(0) + 1;
            int width = givenWidth > 0 ? givenWidth : Math.toIntExact(most.getLong(1) + 1);
            spool.requireRoom(width, "the largest column index, " + most.getLong(1) + ",");
            spool.requireSpace("the dense copy", rows, width, "lower read.rows or read.width,");
            SpoolWriter.Target target = spool.target(width, Ids.Type.NONE);
            long perPart =
                    Math.max(1, PART_BYTES / ((long) width * target.precision().bytes()));
            int parts = Math.toIntExact((rows + perPart - 1) / perPart);
            Column part = functions.floor(entries.col("row").divide(perPart)).cast("int");
            JavaRDD<InternalRow> sorted = entries.repartitionById(parts, part)
                    .sortWithinPartitions("row", "column")
                    .queryExecution()
                    .toRdd()
                    .toJavaRDD();
            String name = label;
            List<SpoolPart> written = sorted.mapPartitionsWithIndex(
                            (index, rest) -> List.of(new Part(
                                                    target,
                                                    name,
                                                    index,
                                                    index * perPart,
                                                    Math.min(rows, (index + 1) * perPart))
                                            .write(rest))
                                    .iterator(),
                            false)
                    .collect();
            List<String> names = IntStream.range(0, width)
                    .mapToObj(j -> name + "[" + j + "]")
                    .toList();
            return spool.table(written, Ids.Type.NONE, names, files, (source, row) -> "the entry of row " + row);
        } catch (RuntimeException e) {
            throw Spool.unreadable(e);
        } finally {
            spool.spark().sc().setJobDescription(null);
        }
    }

    /** The body of a task: rows {@code from} to {@code to}, zeros and all. */
    private record Part(SpoolWriter.Target target, String label, int index, long from, long to) {
        SpoolPart write(Iterator<InternalRow> entries) {
            double[] values = new double[target.width()];
            try (SpoolWriter writer = new SpoolWriter(target, index)) {
                long row = from;
                int before = -1;
                while (entries.hasNext()) {
                    InternalRow entry = entries.next();
                    long own = entry.getLong(0);
                    int column = (int) entry.getLong(1);
                    if (own < from || own >= to) {
                        throw new IllegalStateException(
                                "row " + own + " was sent to the task of rows " + from + " to " + to);
                    }
                    while (row < own) {
                        writer.append(values, row, null, null);
                        java.util.Arrays.fill(values, 0);
                        before = -1;
                        row++;
                    }
                    if (column == before) {
                        writer.offenders().add(row, label + "[" + column + "]", "occurs twice");
                    }
                    values[column] = entry.getDouble(2);
                    before = column;
                }
                for (; row < to; row++) {
                    writer.append(values, row, null, null);
                    java.util.Arrays.fill(values, 0);
                }
                return writer.finish(0);
            }
        }
    }
}
