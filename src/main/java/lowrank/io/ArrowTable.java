package lowrank.io;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.io.ArrowFile.Column;
import lowrank.io.ArrowFile.Kind;

/**
 * Arrow IPC files as a matrix: a FixedSizeList of floats, or numeric columns side by side.
 *
 * @param columns the vector column, or the scalar columns
 * @param id the column that identifies rows, or null
 */
public record ArrowTable(HadoopConf conf, List<Part> parts, List<String> columns, String id, Ids.Type idType, int cols)
        implements StackedTable {

    /**
     * A file and where its rows stand.
     *
     * @param name path below the input
     * @param firstRow global position of its first row
     */
    record Part(ArrowFile file, String name, long firstRow) implements StackedTable.Part, Serializable {
        @Override
        public long rows() {
            return file.rows();
        }

        private Column column(String column) {
            return file.column(column)
                    .orElseThrow(() -> new DataException(name + " has no column " + column + "; it has "
                            + file.columns().stream().map(Column::name).collect(Collectors.joining(", "))));
        }

        private Column numeric(String column) {
            Column found = column(column);
            if (!found.kind().isNumeric()) {
                throw new DataException(name + " column " + column + " is " + found.type()
                        + "; name a FixedSizeList of float or double, or numeric columns (read.vector, read.columns)");
            }
            return found;
        }
    }

    /**
     * Reads the footers.
     *
     * @param columns one vector column, or scalar columns
     * @param id the id column, or null
     * @throws CorruptFileException when a file is not an Arrow IPC file
     * @throws DataException when a column is missing, has another type, or differs in width between files
     * @throws MissingInputException when there are no rows
     */
    public static ArrowTable open(HadoopConf conf, List<InputFiles.Entry> files, List<String> columns, String id) {
        List<Part> parts = parts(conf, files);
        int cols = columns.size() == 1 ? width(parts, columns.get(0)) : columns.size();
        if (columns.size() > 1) {
            parts.forEach(part -> columns.forEach(column -> requireScalar(part, column)));
        }
        Ids.Type idType = id == null ? Ids.Type.NONE : idType(parts, id);
        return new ArrowTable(conf, parts, List.copyOf(columns), id, idType, cols);
    }

    /**
     * Scalar columns that stand beside a matrix of the same files.
     *
     * @param key of the spec that names them, for messages
     * @throws DataException when a column is missing or does not hold numbers
     */
    public static ArrowTable scalars(HadoopConf conf, List<InputFiles.Entry> files, List<String> columns, String key) {
        for (Part part : parts(conf, files)) {
            for (String column : columns) {
                Kind kind = part.column(column).kind();
                if (!kind.isNumeric() || kind == Kind.VECTOR) {
                    throw new DataException(part.name + " column " + column + " is not one number per row; " + key
                            + " takes numeric columns: int, long, float or double");
                }
            }
        }
        return open(conf, files, columns, null);
    }

    /**
     * The texts of a column, as the ids of a table without columns.
     *
     * @throws DataException when it is missing or holds something else in one of the files
     */
    public static ArrowTable texts(HadoopConf conf, List<InputFiles.Entry> files, String column) {
        return open(conf, files, List.of(), column);
    }

    /**
     * What the first file with rows holds in a column of classes.
     *
     * @param key of the spec that names it
     * @throws DataException when it is missing, or holds neither numbers nor text
     */
    static Classes.Type classType(HadoopConf conf, List<InputFiles.Entry> files, String column, String key) {
        Part part = parts(conf, files).get(0);
        return switch (part.column(column).kind()) {
            case WHOLE_INT -> Classes.Type.INT;
            case WHOLE_LONG -> Classes.Type.LONG;
            case NUMBER -> Classes.Type.DOUBLE;
            case TEXT -> Classes.Type.TEXT;
            default -> throw new DataException(StackedTable.noClasses(part.name, column, key));
        };
    }

    private static List<Part> parts(HadoopConf conf, List<InputFiles.Entry> files) {
        return StackedTable.stack(
                files, (file, row) -> new Part(ArrowFile.read(conf, file.path()), file.relative(), row));
    }

    private static void requireScalar(Part part, String column) {
        if (part.numeric(column).kind() == Kind.VECTOR) {
            throw new DataException(part.name + " column " + column
                    + " is a vector; read.columns takes scalar columns, read.vector one vector column");
        }
    }

    private static int width(List<Part> parts, String column) {
        Part first = parts.get(0);
        int width = first.numeric(column).width();
        for (Part part : parts) {
            int own = part.numeric(column).width();
            if (own != width) {
                throw new DataException(part.name + " column " + column + " has " + own + " values per row, but "
                        + first.name + " has " + width + "; all files must agree");
            }
        }
        if (width <= 0) {
            throw new DataException(first.name + " column " + column + " has rows without values");
        }
        return width;
    }

    private static Ids.Type idType(List<Part> parts, String id) {
        Ids.Type type = null;
        for (Part part : parts) {
            Ids.Type own = switch (part.column(id).kind()) {
                case WHOLE_INT -> Ids.Type.INT;
                case WHOLE_LONG -> Ids.Type.LONG;
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

    private boolean isVector() {
        return columns.size() == 1 && parts.get(0).column(columns.get(0)).kind() == Kind.VECTOR;
    }

    @Override
    public List<String> names() {
        return isVector()
                ? IntStream.range(0, cols)
                        .mapToObj(j -> columns.get(0) + "[" + j + "]")
                        .toList()
                : columns;
    }

    @Override
    public String label() {
        return columns.size() == 1 ? columns.get(0) : "columns";
    }

    @Override
    public String listing() {
        return parts.stream()
                .map(part -> part.file.file().listing(part.name, part.file.digest()))
                .collect(Collectors.joining("\n"));
    }

    @Override
    public boolean checksums() {
        return false;
    }

    @Override
    public long storedBytes() {
        return parts.stream().mapToLong(part -> part.file.file().length()).sum();
    }

    /** A record batch as it lies in the file, and unpacked where it is compressed. */
    @Override
    public long readerBytes() {
        return parts.stream()
                .flatMap(part -> part.file.batches().stream())
                .mapToLong(batch -> batch.body() + (batch.compressed() ? batch.rows() * cols * Double.BYTES : 0))
                .max()
                .orElse(0);
    }

    @Override
    public FileRows open(int part, long fromRow, Precision precision, boolean ids) {
        return new ArrowRows(this, parts.get(part), fromRow, precision, ids ? id : null);
    }
}
