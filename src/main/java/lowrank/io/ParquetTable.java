package lowrank.io;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.io.ParquetFooter.Field;
import lowrank.io.ParquetFooter.Kind;
import org.apache.hadoop.fs.Path;

/**
 * A folder of Parquet files as a matrix, known by its footers: nothing of the values has been read.
 *
 * @param columns the vector column, or the scalar columns side by side
 * @param id the column that identifies rows, or null
 * @param cols columns of the matrix
 */
public record ParquetTable(
        HadoopConf conf, List<Part> parts, List<String> columns, String id, Ids.Type idType, int cols)
        implements StackedTable {
    /** Keys of the spec whose values need not be columns. */
    private static final Set<String> TAKE_EXPRESSIONS = Set.of("read.target", LABEL, "read.weight");

    /**
     * A file and where its rows stand.
     *
     * @param name path below the input
     * @param firstRow global position of its first row
     */
    public record Part(ParquetFooter footer, String name, long firstRow) implements StackedTable.Part, Serializable {
        @Override
        public long rows() {
            return footer.rows();
        }
    }

    /**
     * Reads the footers.
     *
     * @param columns one vector column, or scalar columns
     * @param id the id column, or null
     * @throws DataException when a column is missing, has another type, or differs in width between files
     * @throws MissingInputException when there are no rows
     */
    public static ParquetTable open(HadoopConf conf, List<InputFiles.Entry> files, List<String> columns, String id) {
        List<Part> parts = new ArrayList<>();
        long row = 0;
        for (InputFiles.Entry file : files) {
            ParquetFooter footer = ParquetFooter.read(conf, new Path(file.path()));
            parts.add(new Part(footer, file.relative(), row));
            row += footer.rows();
        }
        if (row == 0) {
            throw InputFiles.noRows(files);
        }
        parts.removeIf(part -> part.footer.rows() == 0);
        Ids.Type idType = id == null ? Ids.Type.NONE : idType(parts, id);
        int cols = columns.size() == 1 ? vectorWidth(conf, parts, columns.get(0)) : columns.size();
        if (columns.size() > 1) {
            parts.forEach(part -> columns.forEach(column -> requireScalar(part, column)));
        }
        List<String> wanted = new ArrayList<>(columns);
        if (id != null) {
            wanted.add(id);
        }
        List<Part> narrow = parts.stream()
                .map(part -> new Part(part.footer.only(wanted), part.name, part.firstRow))
                .toList();
        return new ParquetTable(conf, new ArrayList<>(narrow), List.copyOf(columns), id, idType, cols);
    }

    /**
     * Columns that stand beside a matrix of the same files: scalars, or one vector for {@code read.target}.
     *
     * @param key of the spec that names them, for messages
     * @throws DataException when a column is missing or does not hold numbers
     */
    public static ParquetTable scalars(
            HadoopConf conf, List<InputFiles.Entry> files, List<String> columns, String key) {
        for (InputFiles.Entry file : files) {
            Part part = new Part(ParquetFooter.read(conf, new Path(file.path())), file.relative(), 0);
            for (String column : columns) {
                Kind kind = field(part, column).kind();
                boolean vector = columns.size() == 1 && key.equals("read.target");
                if (!kind.isNumeric() || isVector(kind) && !vector) {
                    throw new DataException(part.name + " column " + column + " is not one number per row; " + key
                            + (TAKE_EXPRESSIONS.contains(key)
                                    ? " takes numeric columns or Spark SQL expressions"
                                    : " takes numeric columns: int, long, float or double")
                            + (key.equals("read.target") ? ", or one vector column" : "")
                            + (isVector(kind) || !TAKE_EXPRESSIONS.contains(key) ? "" : "; " + cast(key, column)));
                }
            }
        }
        return open(conf, files, columns, null);
    }

    /** What makes decimals, unsigned whole numbers and dates numbers. */
    private static String cast(String key, String column) {
        String number = "\"cast(" + column + " as double)\"";
        return "cast it, as " + key + " = " + (key.equals("read.target") ? "[" + number + "]" : number)
                + ", or a date as unix_date(" + column + ")";
    }

    /**
     * The texts of a column, as the ids of a table without columns.
     *
     * @throws DataException when it is missing or holds something else in one of the files
     */
    public static ParquetTable texts(HadoopConf conf, List<InputFiles.Entry> files, String column) {
        return open(conf, files, List.of(), column);
    }

    /**
     * What the first file holds in a column of classes.
     *
     * @param key of the spec that names it
     * @throws DataException when it is missing, or holds neither numbers nor text
     */
    static Classes.Type classType(HadoopConf conf, InputFiles.Entry file, String column, String key) {
        Part part = new Part(ParquetFooter.read(conf, new Path(file.path())), file.relative(), 0);
        return switch (field(part, column).kind()) {
            case INT, BOOLEAN -> Classes.Type.INT;
            case LONG -> Classes.Type.LONG;
            case FLOAT, DOUBLE -> Classes.Type.DOUBLE;
            case TEXT -> Classes.Type.TEXT;
            default ->
                throw new DataException(StackedTable.noClasses(part.name, column, key)
                        + (key.equals(LABEL)
                                ? "; cast it, as read.label = \"cast(" + column + " as string)\", or as double"
                                : "; store it as one of them"));
        };
    }

    private static Field field(Part part, String column) {
        return part.footer
                .field(column)
                .orElseThrow(() -> new DataException(part.name + " has no column " + column + "; it has "
                        + part.footer.fields().stream().map(Field::name).collect(Collectors.joining(", "))));
    }

    private static Field numeric(Part part, String column) {
        Field field = field(part, column);
        if (!field.kind().isNumeric()) {
            throw new DataException(
                    part.name + " column " + column
                            + " does not hold numbers; name a list of float or double, or numeric columns (read.vector, read.columns)");
        }
        return field;
    }

    private static void requireScalar(Part part, String column) {
        Kind kind = numeric(part, column).kind();
        if (isVector(kind)) {
            throw new DataException(part.name + " column " + column
                    + " is a vector; read.columns takes scalar columns, read.vector one vector column");
        }
    }

    private static int vectorWidth(HadoopConf conf, List<Part> parts, String column) {
        int width = -1;
        Part first = null;
        for (Part part : parts) {
            Field field = numeric(part, column);
            int own = field.width() > 0 ? field.width() : ParquetRows.firstWidth(conf, part.footer, column);
            if (width >= 0 && own != width) {
                throw new DataException(part.name + " column " + column + " has " + own + " values per row, but "
                        + first.name + " has " + width + "; all files must agree");
            }
            width = own;
            first = first == null ? part : first;
        }
        if (width <= 0) {
            throw new DataException(first.name + " column " + column + " has rows without values");
        }
        return width;
    }

    private static Ids.Type idType(List<Part> parts, String id) {
        Ids.Type type = null;
        for (Part part : parts) {
            Ids.Type own = switch (field(part, id).kind()) {
                case INT -> Ids.Type.INT;
                case LONG -> Ids.Type.LONG;
                case TEXT -> Ids.Type.TEXT;
                default ->
                    throw new DataException(part.name + " column " + id
                            + " cannot identify rows (read.id): it must hold whole numbers or text");
            };
            if (type != null && own != type) {
                throw new DataException(part.name + " column " + id + " has another type than in the files before it");
            }
            type = own;
        }
        return type;
    }

    @Override
    public String label() {
        return columns.size() == 1 ? columns.get(0) : "columns";
    }

    @Override
    public List<String> names() {
        return columns.size() > 1 || cols == 1 && !isVector()
                ? columns
                : IntStream.range(0, cols)
                        .mapToObj(j -> columns.get(0) + "[" + j + "]")
                        .toList();
    }

    private static boolean isVector(Kind kind) {
        return kind == Kind.FLOAT_VECTOR || kind == Kind.DOUBLE_VECTOR || kind == Kind.SPARK_VECTOR;
    }

    private boolean isVector() {
        Kind kind = parts.get(0).footer.field(columns.get(0)).orElseThrow().kind();
        return isVector(kind);
    }

    @Override
    public boolean checksums() {
        return parts.stream().allMatch(part -> part.footer.checksums());
    }

    @Override
    public long storedBytes() {
        return parts.stream()
                .flatMap(part -> part.footer.groups().stream())
                .flatMap(group -> group.storedBytes().values().stream())
                .mapToLong(Long::longValue)
                .sum();
    }

    /** Of compressed chunks a page is on the heap when it is unpacked; the footer does not tell how many there are. */
    @Override
    public long readerBytes() {
        return parts.stream()
                .flatMap(part -> part.footer.groups().stream())
                .flatMap(group -> group.chunkBytes().entrySet().stream()
                        .filter(chunk -> chunk.getValue() > group.storedBytes().get(chunk.getKey())))
                .mapToLong(Map.Entry::getValue)
                .max()
                .orElse(0);
    }

    @Override
    public long chunkBytes() {
        return parts.stream()
                .flatMap(part -> part.footer.groups().stream())
                .mapToLong(group -> group.storedBytes().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .max()
                .orElse(0);
    }

    @Override
    public long chunkRows() {
        return parts.stream()
                .flatMap(part -> part.footer.groups().stream())
                .mapToLong(ParquetFooter.Group::rows)
                .max()
                .orElse(1);
    }

    @Override
    public String listing() {
        return parts.stream()
                .map(part -> part.name + "\t" + part.footer.length() + "\t" + part.footer.modified() + "\t"
                        + part.footer.digest())
                .collect(Collectors.joining("\n"));
    }

    @Override
    public FileRows open(int part, long fromRow, Precision precision, boolean ids) {
        List<ParquetRows.Target> targets = new ArrayList<>();
        if (columns.size() == 1) {
            targets.add(new ParquetRows.Target(columns.get(0), precision, cols, 0, cols));
        } else {
            for (String column : columns) {
                targets.add(new ParquetRows.Target(column, precision, cols, targets.size()));
            }
        }
        ParquetRows rows = ParquetRows.open(conf, parts.get(part).footer, targets, ids ? id : null, fromRow);
        long[] addresses = new long[targets.size()];
        return new FileRows() {
            @Override
            public long remaining() {
                return rows.remaining();
            }

            @Override
            public void read(int count, long address, long globalRow, Offenders offenders) {
                Arrays.fill(addresses, address);
                rows.read(count, addresses, globalRow, offenders);
            }

            @Override
            public Ids ids() {
                return rows.ids();
            }

            @Override
            public void close() {
                rows.close();
            }
        };
    }
}
