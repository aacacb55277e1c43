package lowrank.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.blocks.Offenders.Offender;
import lowrank.io.ParquetFooter.Field;
import lowrank.io.ParquetFooter.Kind;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.schema.MessageType;

/**
 * Reads rows of one file in order, across row groups, into off-heap memory; for one thread.
 *
 * <p>The requested columns of one row group are in memory at a time, off the heap, as they lie in the file.
 */
public final class ParquetRows implements AutoCloseable {
    /**
     * A column, and how its rows lie at the destination.
     *
     * @param precision of the destination; the file's may differ
     * @param stride values from row to row, at least {@code offset} + width
     * @param offset the first value's place within the row
     * @param width values per row; 0 for what the footer says or, where that does not tell, what the file's first row has
     */
    public record Target(String column, Precision precision, int stride, int offset, int width) {
        /** With the width that the file has. */
        public Target(String column, Precision precision, int stride, int offset) {
            this(column, precision, stride, offset, 0);
        }
    }

    private static final Set<Kind> IDS = Set.of(Kind.INT, Kind.LONG, Kind.TEXT);

    private final ParquetFooter footer;
    private final ChunkMemory memory;
    private final ParquetFileReader reader;
    private final List<Target> targets;
    private final List<TargetColumn> numbers = new ArrayList<>();
    private final IdColumn ids;
    private final List<ColumnDescriptor> columns = new ArrayList<>();

    private PageReadStore store;
    private int group = -1;
    private long leftInGroup;

    private ParquetRows(
            HadoopConf conf,
            ParquetFooter footer,
            ChunkMemory memory,
            ParquetFileReader reader,
            List<Target> targets,
            String idColumn) {
        this.footer = footer;
        this.memory = memory;
        this.reader = reader;
        this.targets = List.copyOf(targets);
        for (Target target : targets) {
            Leaf leaf = leaf(footer, reader, target.column());
            if (!leaf.kind().isNumeric()) {
                throw new IllegalArgumentException(
                        footer.path() + " column " + target.column() + " does not hold numbers");
            }
            int width = width(conf, footer, target);
            if (target.offset() < 0 || target.stride() < target.offset() + width) {
                throw new IllegalArgumentException(
                        "column " + target.column() + " has a stride below its " + width + " values");
            }
            TargetColumn column = leaf.kind() == Kind.SPARK_VECTOR
                    ? new SparkVectorColumn(target.column(), parts(reader, target.column()), width)
                    : new NumberColumn(target.column(), leaf, width);
            numbers.add(column);
            column.leaves().forEach(part -> columns.add(part.column()));
        }
        if (idColumn == null) {
            ids = null;
        } else {
            Leaf leaf = leaf(footer, reader, idColumn);
            if (!IDS.contains(leaf.kind())) {
                throw new IllegalArgumentException(footer.path() + " column " + idColumn
                        + " cannot identify rows: it holds neither whole numbers nor text");
            }
            ids = new IdColumn(idColumn, leaf);
            columns.add(leaf.column());
        }
    }

    /**
     * Opens a file.
     *
     * @param footer what {@link ParquetFooter#read} said about it
     * @param idColumn the column of {@link #ids}; null for none
     * @param fromRow the row of the file that the first read begins with
     * @throws lowrank.blocks.DataException if the file is no longer the one that the footer was read from
     * @throws CorruptFileException if it cannot be read as Parquet
     * @throws IllegalArgumentException if a column is asked for twice, is not there, or does not hold what it must
     */
    public static ParquetRows open(
            HadoopConf conf, ParquetFooter footer, List<Target> targets, String idColumn, long fromRow) {
        if (fromRow < 0 || fromRow > footer.rows()) {
            throw new IllegalArgumentException(footer.path() + " has no row " + fromRow);
        }
        Set<String> names = new HashSet<>();
        Stream.concat(targets.stream().map(Target::column), Stream.ofNullable(idColumn))
                .forEach(name -> {
                    if (!names.add(name)) {
                        throw new IllegalArgumentException("column " + name + " is asked for twice");
                    }
                });
        ChunkMemory memory = new ChunkMemory();
        ParquetFileReader reader = null;
        try {
            reader = ParquetInput.open(conf, footer, memory);
            ParquetRows rows = new ParquetRows(conf, footer, memory, reader, targets, idColumn);
            rows.seek(fromRow);
            return rows;
        } catch (RuntimeException e) {
            close(reader, memory, footer);
            throw e;
        }
    }

    /**
     * The number of values in the first row that has any, for columns whose width the footer does not tell; 0 if no row has.
     */
    public static int firstWidth(HadoopConf conf, ParquetFooter footer, String column) {
        ChunkMemory memory = new ChunkMemory();
        ParquetFileReader reader = null;
        try {
            reader = ParquetInput.open(conf, footer, memory);
            Leaf leaf = leaf(footer, reader, column);
            if (!leaf.kind().isNumeric()) {
                throw new IllegalArgumentException(footer.path() + " column " + column + " does not hold numbers");
            }
            List<Leaf> leaves =
                    leaf.kind() == Kind.SPARK_VECTOR ? parts(reader, column).leaves() : List.of(leaf);
            List<ColumnDescriptor> columns = leaves.stream().map(Leaf::column).toList();
            int width = 0;
            for (int g = 0; g < footer.groups().size() && width == 0; g++) {
                long rows = footer.groups().get(g).rows();
                Place place = new Place(footer.path(), column, g);
                if (rows > 0) {
                    try (PageReadStore store = ParquetInput.rowGroup(reader, g, columns, footer)) {
                        width = leaf.kind() == Kind.SPARK_VECTOR
                                ? SparkVectorColumn.firstWidth(parts(reader, column), chunks(store, place), rows)
                                : NumberColumn.firstWidth(chunks(store, place).apply(leaf), leaf);
                    }
                }
            }
            return width;
        } finally {
            close(reader, memory, footer);
        }
    }

    /** Rows after the last that was read. */
    public long remaining() {
        long later = 0;
        for (int g = group + 1; g < footer.groups().size(); g++) {
            later += footer.groups().get(g).rows();
        }
        return leftInGroup + later;
    }

    /** Values per row of a target. */
    public int width(int target) {
        return numbers.get(target).width();
    }

    /**
     * Reads the next rows. Value j of row i of target t goes to {@code addresses[t]}, {@code i * stride + offset + j} values
     * on. Nulls and rows of another width are noted and read as zeros.
     *
     * @param addresses one per target
     * @param globalRow the number of the first row in messages
     * @param offenders where they are noted, in order of rows
     * @throws CorruptFileException if a page cannot be decoded, or does not fit its checksum
     * @throws IllegalArgumentException if the file has fewer rows left
     */
    public void read(int rows, long[] addresses, long globalRow, Offenders offenders) {
        if (rows > remaining()) {
            throw new IllegalArgumentException(footer.path() + " has only " + remaining() + " rows left");
        }
        List<Offenders> noted = new ArrayList<>();
        for (int t = 0; t <= numbers.size(); t++) {
            noted.add(new Offenders());
        }
        if (ids != null) {
            ids.begin(rows);
        }
        int done = 0;
        while (done < rows) {
            nextGroupIfOver();
            int some = (int) Math.min(Math.min(rows - done, leftInGroup), rowsAtOnce());
            for (int t = 0; t < numbers.size(); t++) {
                Target target = targets.get(t);
                TargetColumn column = numbers.get(t);
                long address = addresses[t]
                        + (long) done * target.stride() * target.precision().bytes();
                column.read(
                        some, new Destination(address, some, column.width(), target), globalRow + done, noted.get(t));
            }
            if (ids != null) {
                ids.read(done, done + some, globalRow, noted.get(numbers.size()));
            }
            done += some;
            leftInGroup -= some;
        }
        merge(noted, offenders);
    }

    /** The ids of the rows of the last read, in its order. */
    public Ids ids() {
        if (ids == null) {
            throw new IllegalStateException("opened without an id column");
        }
        return ids.ids();
    }

    @Override
    public void close() {
        if (store != null) {
            store.close();
            store = null;
        }
        close(reader, memory, footer);
    }

    private static void close(ParquetFileReader reader, ChunkMemory memory, ParquetFooter footer) {
        try (memory) {
            if (reader != null) {
                reader.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(footer.path() + " cannot be closed: " + e.getMessage(), e);
        }
    }

    private static Leaf leaf(ParquetFooter footer, ParquetFileReader reader, String name) {
        MessageType schema = reader.getFileMetaData().getSchema();
        if (!schema.containsField(name)) {
            throw new IllegalArgumentException(footer.path() + " has no column " + name);
        }
        return Leaf.of(schema, schema.getType(name));
    }

    private static SparkVectorColumn.Parts parts(ParquetFileReader reader, String name) {
        MessageType schema = reader.getFileMetaData().getSchema();
        return Leaf.sparkVector(schema, schema.getType(name)).orElseThrow();
    }

    private static int width(HadoopConf conf, ParquetFooter footer, Target target) {
        if (target.width() > 0) {
            return target.width();
        }
        int told = footer.field(target.column()).map(Field::width).orElse(ParquetFooter.UNKNOWN);
        return told >= 0 ? told : firstWidth(conf, footer, target.column());
    }

    private void seek(long fromRow) {
        long before = 0;
        while (group + 1 < footer.groups().size()
                && before + footer.groups().get(group + 1).rows() <= fromRow) {
            group++;
            before += footer.groups().get(group).rows();
        }
        int left = Math.toIntExact(fromRow - before);
        if (left > 0) {
            nextGroupIfOver();
            for (TargetColumn column : numbers) {
                column.read(left, null, 0, null);
            }
            if (ids != null) {
                ids.skip(left);
            }
            leftInGroup -= left;
        }
    }

    private void nextGroupIfOver() {
        while (leftInGroup == 0) {
            if (store != null) {
                numbers.forEach(TargetColumn::finish);
                store.close();
                store = null;
            }
            group++;
            leftInGroup = footer.groups().get(group).rows();
            if (leftInGroup > 0) {
                store = ParquetInput.rowGroup(reader, group, columns, footer);
                startGroup();
            }
        }
    }

    private void startGroup() {
        for (int t = 0; t < numbers.size(); t++) {
            Place place = new Place(footer.path(), targets.get(t).column(), group);
            numbers.get(t).start(chunks(store, place), leftInGroup);
        }
        if (ids != null) {
            ids.start(chunks(store, new Place(footer.path(), ids.name(), group)).apply(ids.leaf()));
        }
    }

    private static Function<Leaf, ChunkPages> chunks(PageReadStore store, Place place) {
        return leaf -> new ChunkPages(store.getPageReader(leaf.column()), leaf, place);
    }

    private long rowsAtOnce() {
        long rows = Integer.MAX_VALUE;
        for (Target target : targets) {
            rows = Math.min(
                    rows,
                    Destination.LIMIT
                            / ((long) target.stride() * target.precision().bytes()));
        }
        return Math.max(1, rows);
    }

    /** Notes them in order of rows: each column has kept its own first ten, among which the first ten of all are. */
    private static void merge(List<Offenders> columns, Offenders all) {
        columns.stream()
                .flatMap(column -> column.first().stream())
                .sorted(Comparator.comparingLong(Offender::row))
                .forEach(o -> all.add(o.row(), o.column(), o.problem()));
        for (Offenders column : columns) {
            List<Offender> named = column.first();
            for (long more = named.size(); more < column.count(); more++) {
                Offender last = named.get(named.size() - 1);
                all.add(last.row(), last.column(), last.problem());
            }
        }
    }
}
