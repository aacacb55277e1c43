package lowrank.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.MissingInputException;
import org.apache.spark.api.java.JavaRDD;

/**
 * Spools text files, CSV and libsvm. A file is cut at fixed bytes, each piece is read by one task from the first line that
 * begins in it, and the pieces are numbered: their order is that of the lines, with nothing to sort.
 */
public final class LineSpool {
    private final Spool spool;
    private final List<InputFiles.Entry> files;
    private final List<LineSplit> splits;

    /** Spools text files; nothing is read before {@link #csv} or {@link #libsvm}. */
    public LineSpool(Spool spool, List<InputFiles.Entry> files) {
        this(spool, files, LineSplit.of(spool.conf(), files));
    }

    LineSpool(Spool spool, List<InputFiles.Entry> files, List<LineSplit> splits) {
        this.spool = spool;
        this.files = files;
        this.splits = splits;
    }

    /**
     * Files of cells.
     *
     * @param header whether the first line of each file names the columns; else they are named 0, 1, ...
     * @param columns the ones that make up a row; empty for all but the id and what stands beside the matrix
     * @param id the column of ids, or null
     * @param beside columns that are copied beside the matrix; a label as text, since no type is told
     * @throws DataException when a column is missing, or cells are no numbers
     */
    public Examples csv(char separator, boolean header, List<String> columns, String id, Beside beside) {
        CsvFormat format = format(separator, header, columns, id, beside, List.of());
        spool.requireRoom(format.names().size(), "a line of " + format.names().size() + " cells");
        Ids.Type ids = id == null ? Ids.Type.NONE : Ids.Type.TEXT;
        List<String> names = matrix(format, beside);
        SpoolWriter.Target target = spool.target("rows", names.size(), ids, spool.precision(), beside);
        List<SpoolPart> parts = write(target, format);
        return spool.examples(parts, target, names, null, files, places(parts));
    }

    /** The columns that {@link #csv} would make rows of, from the first line of each file. */
    public List<String> columns(char separator, boolean header, List<String> columns, String id, Beside beside) {
        return matrix(format(separator, header, columns, id, beside, List.of()), beside);
    }

    private static List<String> matrix(CsvFormat format, Beside beside) {
        return format.names()
                .subList(0, format.names().size() - beside.numbers().size());
    }

    /** Copies cells of three columns: row and column, which must be indices, and value; returns the files of the copy. */
    List<InputFiles.Entry> triplets(char separator, boolean header, List<String> columns, List<IndexLimit> limits) {
        CsvFormat format = format(separator, header, columns, null, Beside.NOTHING, limits);
        List<SpoolPart> parts = write(
                spool.target("entries", columns.size(), Ids.Type.NONE, lowrank.blas.Precision.DOUBLE, Beside.NOTHING),
                format);
        return spool.inOrder(parts, places(parts));
    }

    /**
     * Files of {@code label index:value ...}.
     *
     * @param label what the columns are called: label[0], ...
     * @param width columns of the matrix; 0 for the largest index, which takes a read of its own
     * @param labelled whether the labels, which are numbers, become targets beside the matrix
     */
    public Examples libsvm(String label, int width, boolean labelled) {
        int cols = width > 0 ? width : largestIndex();
        if (cols == 0) {
            throw new MissingInputException("the input holds no index:value in any line; is read.format right?");
        }
        spool.requireRoom(cols, width > 0 ? "read.width = " + width : "the largest index, " + cols + ",");
        Beside beside = labelled ? new Beside(List.of(LibsvmFormat.LABEL), null, null) : Beside.NOTHING;
        SpoolWriter.Target target = spool.target("rows", cols, Ids.Type.NONE, spool.precision(), beside);
        List<SpoolPart> parts = write(target, new LibsvmFormat(label, cols, labelled));
        List<String> names =
                IntStream.range(0, cols).mapToObj(j -> label + "[" + j + "]").toList();
        return spool.examples(parts, target, names, null, files, places(parts));
    }

    private JavaRDD<LineSplit> pieces(String label) {
        spool.spark().sc().setJobDescription(label);
        return spool.spark().parallelize(splits, splits.size());
    }

    /** What a piece of libsvm holds: its largest index, its lines, and the first of them with an index that is too large. */
    private record Extent(int largest, long lines, long beyond) implements Serializable {
        static Extent of(HadoopConf conf, LineSplit split) {
            int largest = 0;
            long beyond = -1;
            try (Lines lines = new Lines(conf, split)) {
                for (String line = lines.next(); line != null; line = lines.next()) {
                    largest = Math.max(largest, LibsvmFormat.largest(line));
                    if (beyond < 0 && largest > InputTable.MOST_COLS) {
                        beyond = lines.count();
                    }
                }
                return new Extent(largest, lines.count(), beyond);
            }
        }
    }

    private int largestIndex() {
        HadoopConf conf = spool.conf();
        try {
            List<Extent> extents = pieces("width of libsvm")
                    .map(split -> Extent.of(conf, split))
                    .collect();
            long lines = 0;
            int largest = 0;
            for (LineSplit split : splits) {
                Extent extent = extents.get(split.number());
                lines = split.from() == 0 ? 0 : lines;
                if (extent.beyond() >= 0) {
                    throw new DataException(split.name() + " line " + (lines + extent.beyond())
                            + " has an index above " + InputTable.MOST_COLS
                            + ", beyond which no matrix goes; repair it");
                }
                lines += extent.lines();
                largest = Math.max(largest, extent.largest());
            }
            return largest;
        } finally {
            spool.spark().sc().setJobDescription(null);
        }
    }

    private List<SpoolPart> write(SpoolWriter.Target target, LineFormat format) {
        try {
            return pieces("spooling").map(split -> write(target, format, split)).collect();
        } finally {
            spool.spark().sc().setJobDescription(null);
        }
    }

    /** The body of a task. Parts are known by the number of their piece, which is their order. */
    private static SpoolPart write(SpoolWriter.Target target, LineFormat format, LineSplit split) {
        LineFormat.Parser parser = format.open(split.source());
        double[] values = new double[target.numbers()];
        try (Lines lines = new Lines(target.conf(), split);
                SpoolWriter writer = new SpoolWriter(target, split.number())) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                long number = lines.count() - 1;
                boolean first = number == 0 && split.from() == 0;
                if (parser.parse(line, number, first, values, writer.offenders())) {
                    writer.append(values, number, parser.id(), parser.label());
                }
            }
            return writer.finish(lines.count());
        }
    }

    /** Lines are numbered from 1 in their file: a piece's own numbers come after those of the pieces before it. */
    private Spool.Places places(List<SpoolPart> parts) {
        Map<Integer, Long> before = new HashMap<>();
        long lines = 0;
        for (LineSplit split : splits) {
            lines = split.from() == 0 ? 0 : lines;
            before.put(split.number(), lines);
            lines += parts.get(split.number()).lines();
        }
        return (piece, line) -> splits.get(piece).name() + " line " + (before.get(piece) + line + 1);
    }

    /** Looks at the first line of each file. */
    private CsvFormat format(
            char separator, boolean header, List<String> columns, String id, Beside beside, List<IndexLimit> indices) {
        Set<String> others = new HashSet<>(beside.all());
        if (id != null) {
            others.add(id);
        }
        List<String> wanted = columns;
        List<int[]> places = new ArrayList<>();
        int[] ids = new int[files.size()];
        int[] labels = new int[files.size()];
        int[] widths = new int[files.size()];
        for (int source = 0; source < files.size(); source++) {
            List<String> there = firstLine(source, separator, header);
            String name = files.get(source).relative();
            if (there.isEmpty()) {
                places.add(new int[0]);
                continue;
            }
            if (wanted.isEmpty()) {
                wanted = there.stream()
                        .filter(column -> !others.contains(column))
                        .toList();
                if (wanted.isEmpty()) {
                    throw new DataException(name + " has no column that could make up a row besides "
                            + String.join(", ", others) + "; name read.columns");
                }
            }
            ids[source] = id == null ? -1 : place(name, there, id);
            labels[source] = beside.label() == null ? -1 : place(name, there, beside.label());
            widths[source] = there.size();
            places.add(Stream.concat(wanted.stream(), beside.numbers().stream())
                    .mapToInt(column -> place(name, there, column))
                    .toArray());
            if (columns.isEmpty() && there.size() != wanted.size() + others.size()) {
                throw new DataException(name + " has " + there.size() + " columns, but the files before it have "
                        + (wanted.size() + others.size()) + "; all files must agree, or name read.columns");
            }
        }
        if (wanted.isEmpty()) {
            throw InputFiles.noRows(files);
        }
        List<String> names = new ArrayList<>(wanted);
        names.addAll(beside.numbers());
        return new CsvFormat(
                separator, header, List.copyOf(names), places, ids, beside.label(), labels, widths, indices);
    }

    private static int place(String file, List<String> there, String column) {
        int place = there.indexOf(column);
        if (place < 0) {
            throw new DataException(file + " has no column " + column + "; it has "
                    + there.stream().limit(50).collect(Collectors.joining(", ")));
        }
        if (there.lastIndexOf(column) != place) {
            throw new DataException(file + " has two columns " + column + "; name each once in its header");
        }
        return place;
    }

    /** The names of a file's columns; empty when it has no line. */
    private List<String> firstLine(int source, char separator, boolean header) {
        InputFiles.Entry file = files.get(source);
        LineSplit start = new LineSplit(0, source, file.path(), file.relative(), 0, Long.MAX_VALUE);
        try (Lines lines = new Lines(spool.conf(), start)) {
            String line = lines.next();
            while (!header && line != null && CsvFormat.isBlank(line, separator)) {
                line = lines.next();
            }
            if (line == null || CsvFormat.isBlank(line, separator)) {
                return List.of();
            }
            List<String> cells = CsvFormat.cells(line, separator);
            if (cells == null) {
                throw new DataException(file.relative() + " line " + lines.count()
                        + " cannot be read as cells: a quote is not closed in its line");
            }
            return header
                    ? cells.stream().map(String::strip).toList()
                    : IntStream.range(0, cells.size()).mapToObj(String::valueOf).toList();
        }
    }
}
