package lowrank.spark;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.io.Examples;
import lowrank.io.InputFiles;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkThrowable;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;

/**
 * Spools Parquet files through Spark SQL: expressions, conditions, another order of rows.
 *
 * <p><b>Order.</b> Spark says of every row which file it comes from and at which position ({@code _metadata.row_index}).
 * Without order-by a part ends where the next row is of another file or does not lie behind the last one, so parts sorted by
 * (file, first position) hold the rows in order, whatever Spark's own splits were. With order-by rows are sorted by the keys,
 * then file, then position: keys that are equal leave no choice.
 */
public final class FrameSpool {
    /** Bytes of input that a sorting task is worth starting for, and what it sorts at most where there are tasks enough. */
    private static final long LEAST_SORTED = 1L << 20;

    private static final long MOST_SORTED = 64L << 20;

    private static final ArrayType DOUBLES = DataTypes.createArrayType(DataTypes.DoubleType);

    private static final String FILE = "lowrank_file";
    private static final String POSITION = "lowrank_position";
    private static final String ROW = "lowrank_values";
    private static final String ROW_ID = "lowrank_id";
    private static final String BESIDE = "lowrank_beside";
    private static final String LABEL = "lowrank_label";

    /** The keys that may hold expressions. */
    private static final String KEYS =
            "read.columns, read.target, read.label, read.weight, read.where or read.order-by";

    private final Spool spool;
    private final List<InputFiles.Entry> files;
    private final Spool.Frame read;
    private final Dataset<Row> frame;

    /**
     * Spools Parquet files; nothing is read before {@link #table}.
     *
     * @param root of the files, below which folders named key=value are columns too
     */
    public FrameSpool(Spool spool, List<InputFiles.Entry> files, String root) {
        this.spool = spool;
        this.files = files;
        this.read = parquet(spool, files, root);
        this.frame = read.rows();
    }

    private static Spool.Frame parquet(Spool spool, List<InputFiles.Entry> files, String root) {
        Path base = new Path(root);
        boolean folder = files.stream()
                .allMatch(file -> Spool.key(new Path(file.path()))
                        .startsWith(Spool.key(spool.conf().fileSystem(base).makeQualified(base)) + "/"));
        return spool.parquet(files, folder ? root : null);
    }

    /**
     * The rows as a table, and what stands beside it.
     *
     * @param columns names or Spark SQL expressions: one vector, or scalars; none where only what stands beside is wanted
     * @param beside what is copied beside the matrix; a label that is a number becomes a target
     * @param id name or expression, or null
     * @param where condition, or null
     * @param orderBy names or expressions, each with an optional {@code desc}; empty for the order of the files
     * @throws IllegalArgumentException when an expression cannot be understood
     * @throws DataException when an expression fails on a row, or gives what cannot be factored
     */
    public Examples table(List<String> columns, Beside beside, String id, String where, List<String> orderBy) {
        Classes.Type label = beside.label() == null ? null : labelType(beside.label());
        Beside copied = label == Classes.Type.TEXT ? beside : beside.withNumericLabel();
        Dataset<Row> chosen = chosen(columns, copied, id, where, List.of());
        Dataset<Row> ordered = orderBy.isEmpty() ? chosen : chosen(columns, copied, id, where, orderBy);
        boolean vector = chosen.schema().apply(ROW).metadata().contains("vector");
        Ids.Type ids = id == null
                ? Ids.Type.NONE
                : idType(chosen.schema().apply(ROW_ID).dataType());
        spool.spark().sc().setJobDescription("spooling");
        try {
            requireSparseRoom(vector, columns);
            int width = vector ? width(chosen) : columns.size();
            spool.requireRoom(width, "a row of " + width + " values");
            List<String> names = vector
                    ? IntStream.range(0, width)
                            .mapToObj(j -> columns.get(0) + "[" + j + "]")
                            .toList()
                    : columns;
            SpoolWriter.Target target = spool.target("rows", width, ids, spool.precision(), copied);
            boolean sorted = !orderBy.isEmpty();
            Map<String, Integer> ranks = Spool.ranks(files);
            JavaRDD<InternalRow> rows = ordered.queryExecution().toRdd().toJavaRDD();
            List<SpoolPart> parts = rows.mapPartitions(part ->
                            new FramePart(target, ranks, names, vector ? columns.get(0) : null, sorted).write(part))
                    .collect();
            read.requireCount(parts.stream().mapToLong(SpoolPart::rows).sum(), where == null);
            return spool.examples(parts, target, names, label, files, this::place);
        } catch (RuntimeException e) {
            throw inWords(e);
        } finally {
            spool.spark().sc().setJobDescription(null);
        }
    }

    /** Spark's sparse vectors say how long they are, and no row is made dense before that is known to fit. */
    private void requireSparseRoom(boolean vector, List<String> columns) {
        if (!vector) {
            return;
        }
        String column = columns.get(0);
        ParquetFooter footer =
                ParquetFooter.read(spool.conf(), new Path(files.get(0).path()));
        if (footer.field(column).map(ParquetFooter.Field::kind).orElse(null) == ParquetFooter.Kind.SPARK_VECTOR) {
            int width = ParquetRows.firstWidth(spool.conf(), footer, column);
            spool.requireRoom(width, "read.vector = " + column + " of size " + width);
        }
    }

    private String place(int source, long row) {
        return files.get((int) (row >>> FramePart.POSITION_BITS)).relative() + " row "
                + (row & ((1L << FramePart.POSITION_BITS) - 1));
    }

    /** The index of a file, by what Spark calls it. */
    private UserDefinedFunction rank() {
        Map<String, Integer> ranks = Spool.ranks(files);
        return functions.udf(
                (UDF1<String, Integer>) path -> ranks.get(Spool.key(new Path(URI.create(path)))),
                DataTypes.IntegerType);
    }

    private Dataset<Row> chosen(List<String> columns, Beside beside, String id, String where, List<String> orderBy) {
        try {
            Dataset<Row> rows = where == null ? frame : frame.where(where);
            List<Column> keys = new ArrayList<>();
            for (String key : orderBy) {
                keys.add(sortKey(key));
            }
            List<Column> selected = new ArrayList<>();
            selected.add(functions.col("_metadata.file_path").as(FILE));
            selected.add(functions.col("_metadata.row_index").as(POSITION));
            selected.add(values(columns));
            selected.add(functions
                    .array(beside.numbers().stream()
                            .map(text -> scalar(text, text.equals(beside.weight()) ? "read.weight" : "read.target"))
                            .toArray(Column[]::new))
                    .cast(DOUBLES)
                    .as(BESIDE));
            if (id != null) {
                selected.add(expression(id).as(ROW_ID));
            }
            if (beside.label() != null) {
                selected.add(expression(beside.label()).as(LABEL));
            }
            if (!keys.isEmpty()) {
                keys.add(rank().apply(functions.col("_metadata.file_path")));
                keys.add(functions.col("_metadata.row_index"));
                Column[] order = keys.toArray(Column[]::new);
                rows = rows.repartitionByRange(sortTasks(), order).sortWithinPartitions(order);
            }
            return rows.select(selected.toArray(Column[]::new));
        } catch (Exception e) {
            // Scala does not declare what it throws: parser and analyser errors are checked ones in some versions.
            throw notUnderstood(e);
        }
    }

    private static RuntimeException notUnderstood(Exception e) {
        if (e instanceof AnalysisException) {
            return new IllegalArgumentException(
                    KEYS + " is no Spark SQL expression over this input: " + firstLine(e), e);
        }
        return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }

    /** The type of a label as it is read. */
    private Classes.Type labelType(String text) {
        try {
            DataType type = frame.select(expression(text)).schema().apply(0).dataType();
            return switch (type.typeName()) {
                case "byte", "short", "integer", "boolean" -> Classes.Type.INT;
                case "long" -> Classes.Type.LONG;
                case "string" -> Classes.Type.TEXT;
                default -> {
                    if (!(type instanceof NumericType)) {
                        throw new DataException("column " + text + " is " + type.simpleString()
                                + ", which cannot be a label (read.label): it must hold numbers or text");
                    }
                    yield Classes.Type.DOUBLE;
                }
            };
        } catch (Exception e) {
            throw notUnderstood(e);
        }
    }

    /** Tasks that sort, by the size of the input: no two rows have equal keys, so their number decides nothing else. */
    private int sortTasks() {
        long bytes = files.stream().mapToLong(InputFiles.Entry::length).sum();
        long most = Math.max(4L * spool.spark().defaultParallelism(), bytes / MOST_SORTED);
        return (int) Math.max(1, Math.min(bytes / LEAST_SORTED, most));
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private Column sortKey(String text) {
        String trimmed = text.strip();
        String lower = trimmed.toLowerCase(java.util.Locale.ROOT);
        if (lower.endsWith(" desc")) {
            return expression(trimmed.substring(0, trimmed.length() - 5).strip())
                    .desc();
        }
        return lower.endsWith(" asc")
                ? expression(trimmed.substring(0, trimmed.length() - 4).strip()).asc()
                : expression(trimmed).asc();
    }

    /** A column of that name, whatever its letters; else an expression. */
    private Column expression(String text) {
        boolean name = Arrays.asList(frame.columns()).contains(text);
        return functions.expr(name ? "`" + text.replace("`", "``") + "`" : text);
    }

    /** One array of doubles per row; its metadata says whether it was a vector from the start. */
    private Column values(List<String> columns) {
        if (columns.size() == 1) {
            Column column = expression(columns.get(0));
            DataType type = frame.select(column).schema().apply(0).dataType();
            var vector = new org.apache.spark.sql.types.MetadataBuilder()
                    .putBoolean("vector", true)
                    .build();
            if (type instanceof ArrayType array && array.elementType() instanceof NumericType) {
                return column.cast(DOUBLES).as(ROW, vector);
            }
            if (type.typeName().equals("vector")) {
                return org.apache
                        .spark
                        .ml
                        .functions
                        .vector_to_array(column, "float64")
                        .as(ROW, vector);
            }
        }
        Column[] scalars =
                columns.stream().map(text -> scalar(text, "read.columns")).toArray(Column[]::new);
        return functions.array(scalars).cast(DOUBLES).as(ROW);
    }

    private Column scalar(String text, String key) {
        Column column = expression(text);
        DataType type = frame.select(column).schema().apply(0).dataType();
        if (!(type instanceof NumericType) && !type.equals(DataTypes.BooleanType)) {
            throw new DataException("column " + text + " is " + type.simpleString() + ", not a number; cast it in "
                    + key + ", as cast(" + text + " as double)");
        }
        return column.cast(DataTypes.DoubleType);
    }

    private static Ids.Type idType(DataType type) {
        return switch (type.typeName()) {
            case "byte", "short", "integer" -> Ids.Type.INT;
            case "long" -> Ids.Type.LONG;
            case "string" -> Ids.Type.TEXT;
            default ->
                throw new DataException("read.id is " + type.simpleString()
                        + ", which cannot identify rows: it must hold whole numbers or text");
        };
    }

    /** Values of the first row that has any, in the order of the files. */
    private static int width(Dataset<Row> chosen) {
        Column size = functions.size(chosen.col(ROW));
        Row first = chosen.where(size.gt(0))
                .select(size.as("width"))
                .groupBy()
                .max("width")
                .head();
        if (first.isNullAt(0)) {
            throw new lowrank.io.MissingInputException("the input has no rows with values, or read.where keeps none");
        }
        return first.getInt(0);
    }

    /** An expression that failed on a row, in words without its values; anything else as it is. */
    private static RuntimeException inWords(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SparkThrowable known
                    && cause instanceof RuntimeException
                    && known.getCondition() != null
                    && Stream.of("INTERNAL_ERROR", "FAILED_READ_FILE").noneMatch(known.getCondition()::startsWith)) {
                return new DataException("an expression of " + KEYS + " fails on a row ("
                        + known.getCondition()
                        + "); guard it, as with try_divide or try_cast, or filter with read.where");
            }
        }
        return Spool.unreadable(e);
    }
}
