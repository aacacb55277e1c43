package lowrank.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.factor.UnsuitableException;
import lowrank.io.CorruptFileException;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.MissingInputException;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetTable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkThrowable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;

/**
 * Copies what cannot be read from any row on into Parquet files of vectors, once, in the order of its rows. From then on it
 * is read like any other input: positions, bits and later passes are the same.
 *
 * <p><b>Order.</b> Every part holds rows of one file that follow each other there, and is known by (index of the file in
 * {@link InputFiles#list}'s order, position of its first row). Writers refuse a row that does not come after the one before
 * it; {@link #table} sorts the parts and refuses two that overlap. So the order is that of (file, position) whatever the
 * number of tasks, and it is checked, not trusted.
 *
 * @param folder where the copy goes, on a file system that driver and executors share
 * @param precision of the copy: that of the blocks, which would round to it anyway
 */
public record Spool(JavaSparkContext spark, HadoopConf conf, String folder, Precision precision) {
    static final String VALUES = "values";
    static final String ID = "id";
    static final String TARGETS = "targets";
    static final String WEIGHT = "weight";
    static final String LABEL = "label";

    /** Bytes of a row group of a copy whose rows have so many: what a task holds that reads it. */
    public static long groupBytes(long rowBytes) {
        return SpoolWriter.groupRows(rowBytes) * rowBytes;
    }

    /** The paths, sizes and times of the files: what tells a later run that its input is the same. */
    public static String listing(List<InputFiles.Entry> files) {
        return files.stream()
                .map(file -> file.relative() + "\t" + file.length() + "\t" + file.modified())
                .collect(Collectors.joining("\n"));
    }

    /** A value of a row on the heap of the task that copies it: in the row, rounded, and in what Spark hands over. */
    private static final int HEAP_PER_VALUE = 24;

    /** The name of a column on the heap of the driver. */
    private static final int HEAP_PER_NAME = 80;

    /**
     * Refuses rows that a task cannot hold, before anything of their size is there.
     *
     * @param reason what makes them that wide, as the subject of a sentence
     * @throws UnsuitableException with the way out
     */
    void requireRoom(long width, String reason) {
        Room room = Room.of(spark.getConf(), spark.defaultParallelism());
        long row = width * precision.bytes();
        long heap = room.tasksAtOnce() * width * HEAP_PER_VALUE + (room.local() ? width * HEAP_PER_NAME : 0);
        boolean fits = width <= InputTable.MOST_COLS
                && heap <= room.usableExecutorHeap()
                && width * HEAP_PER_NAME <= room.usableDriverHeap()
                && (!room.local() || room.tasksAtOnce() * row <= room.overhead());
        if (!fits) {
            throw new UnsuitableException(reason + " makes dense rows of " + Room.size(row) + ", and "
                    + room.tasksAtOnce() + " tasks at once hold one each, for which there is "
                    + Room.size(room.usableExecutorHeap()) + " of heap; read fewer columns, or raise "
                    + (room.local() ? "--driver-memory" : "--executor-memory")
                    + (width > InputTable.MOST_COLS ? " (no row is wider than 1.1 GB)" : ""));
        }
    }

    /**
     * Refuses a copy that does not fit on the file system of the result.
     *
     * @param copy what it is called
     * @param advice what to do
     * @throws UnsuitableException with the way out
     */
    void requireSpace(String copy, long rows, long width, String advice) {
        double bytes = (double) rows * width * precision.bytes();
        Path place = new Path(folder).getParent();
        long there;
        try {
            while (place.getParent() != null && !conf.fileSystem(place).exists(place)) {
                place = place.getParent();
            }
            there = conf.fileSystem(place).getStatus(place).getRemaining();
        } catch (IOException e) {
            throw new UncheckedIOException("looking at " + place + " failed: " + e.getMessage(), e);
        }
        if (bytes > there) {
            throw new UnsuitableException(copy + " of " + rows + " x " + width + " values takes "
                    + Room.size(bytes) + " beside write.path, where " + Room.size(there)
                    + " are free; " + advice + " or choose another write.path");
        }
    }

    /**
     * What Spark reads of Parquet files.
     *
     * @param count rows of all files, by their footers
     */
    record Frame(Dataset<Row> rows, long count) {
        /**
         * Refuses a copy of fewer or more rows than the files have: neither is the matrix that was asked for.
         *
         * @param read rows that Spark handed over
         * @param all whether it should have been all of them; otherwise at most all
         * @throws UncheckedIOException with both numbers
         */
        void requireCount(long read, boolean all) {
            if (read > count || (all && read < count)) {
                throw misread("Spark read " + read + " rows of files that have " + count);
            }
        }
    }

    private static UncheckedIOException misread(String what) {
        return new UncheckedIOException(new IOException(what
                + ": run again when nothing writes to the input any more, or rename files with special characters"));
    }

    /**
     * Parquet files that were listed, as Spark reads them: their paths are names, whatever characters they hold, and no
     * patterns. Spark would pass over empty files, so all footers are looked at first.
     *
     * @param root below which folders named key=value are columns too, or null
     * @throws CorruptFileException when one of them is not whole
     * @throws UncheckedIOException when Spark would read other files, or one twice
     */
    Frame parquet(List<InputFiles.Entry> entries, String root) {
        long count = 0;
        for (InputFiles.Entry file : entries) {
            count += ParquetFooter.read(conf, new Path(file.path())).rows();
        }
        DataFrameReader reader =
                SparkSession.builder().sparkContext(spark.sc()).getOrCreate().read();
        String[] paths = entries.stream().map(file -> literal(file.path())).toArray(String[]::new);
        Dataset<Row> rows = root == null
                ? reader.parquet(paths)
                : reader.option("basePath", root).parquet(paths);
        requireSame(entries, rows);
        return new Frame(rows, count);
    }

    /**
     * A path as the pattern that matches only itself. To switch patterns off does not do: Spark 4.1 then puts the list of all
     * paths in the place of each one that looks like a pattern.
     */
    static String literal(String path) {
        return path.replaceAll("[\\\\\\[\\]{}*?]", "\\\\$0");
    }

    /** Holds what Spark plans to read, which keeps a file that comes twice, against what was listed. */
    private static void requireSame(List<InputFiles.Entry> entries, Dataset<Row> rows) {
        if (!(rows.queryExecution().analyzed() instanceof LogicalRelation plan
                && plan.relation() instanceof HadoopFsRelation relation)) {
            throw new IllegalStateException("Spark plans something else than reading files");
        }
        List<String> planned = Arrays.stream(relation.location().inputFiles())
                .map(file -> key(new Path(URI.create(file))))
                .sorted()
                .toList();
        List<String> listed = entries.stream()
                .map(file -> key(new Path(file.path())))
                .sorted()
                .toList();
        if (!planned.equals(listed)) {
            throw misread("Spark would read " + planned.size() + " files, which are not the " + listed.size()
                    + " of the input");
        }
    }

    /** What Spark says of a file that it cannot read, in words; anything else as it is. */
    static RuntimeException unreadable(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SparkThrowable known
                    && known.getCondition() != null
                    && known.getCondition().startsWith("FAILED_READ_FILE")) {
                String path = known.getMessageParameters().getOrDefault("path", "a file of the input");
                return known.getCondition().endsWith("FILE_NOT_EXIST")
                        ? new MissingInputException(path + " is gone since the run began: run again when nothing"
                                + " removes files any more")
                        : new CorruptFileException(path + " cannot be read: write it again, or remove it", e);
            }
        }
        return e;
    }

    SpoolWriter.Target target(int width, Ids.Type ids) {
        return target("rows", width, ids, precision, Beside.NOTHING);
    }

    SpoolWriter.Target target(String name, int width, Ids.Type ids, Precision stored, Beside beside) {
        return new SpoolWriter.Target(conf, new Path(folder, name).toString(), width, ids, stored, beside);
    }

    /** A path without the ways to write its scheme. */
    static String key(Path path) {
        URI uri = path.toUri();
        return (uri.getAuthority() == null ? "" : uri.getAuthority()) + uri.getPath();
    }

    /** The index of each file in their order, by its {@link #key}. */
    static Map<String, Integer> ranks(List<InputFiles.Entry> files) {
        Map<String, Integer> ranks = new HashMap<>();
        for (int i = 0; i < files.size(); i++) {
            ranks.put(key(new Path(files.get(i).path())), i);
        }
        return ranks;
    }

    /** How messages name a file, by what Spark calls it. */
    static String relative(List<InputFiles.Entry> files, String path) {
        return files.get(ranks(files).get(key(new Path(URI.create(path))))).relative();
    }

    /** A place in the input as messages name it. */
    interface Places {
        String of(int source, long position);
    }

    /**
     * The parts as a table.
     *
     * @throws DataException when any of them met what cannot be factored
     * @throws MissingInputException when there are no rows
     */
    InputTable table(
            List<SpoolPart> parts, Ids.Type ids, List<String> names, List<InputFiles.Entry> files, Places places) {
        return table(inOrder(parts, places), List.of(VALUES), ids == Ids.Type.NONE ? null : ID, names, files);
    }

    private InputTable table(
            List<InputFiles.Entry> copies,
            List<String> columns,
            String id,
            List<String> names,
            List<InputFiles.Entry> files) {
        return new SpooledTable(ParquetTable.open(conf, copies, columns, id), names, listing(files), files.size());
    }

    /**
     * The parts as a table, and as the tables of what was copied beside it.
     *
     * @param names of the columns of the matrix; empty where the rest alone was copied
     * @param label the input's type of the label, or null where only its values tell
     */
    Examples examples(
            List<SpoolPart> parts,
            SpoolWriter.Target target,
            List<String> names,
            Classes.Type label,
            List<InputFiles.Entry> files,
            Places places) {
        List<InputFiles.Entry> copies = inOrder(parts, places);
        Beside beside = target.beside();
        String id = target.ids() == Ids.Type.NONE ? null : ID;
        InputTable rows = names.isEmpty() ? null : table(copies, List.of(VALUES), id, names, files);
        InputTable weight =
                beside.weight() == null ? null : table(copies, List.of(WEIGHT), null, List.of(beside.weight()), files);
        InputTable targets = null;
        if (beside.label() != null) {
            targets = table(copies, List.of(), LABEL, List.of(beside.label()), files);
        } else if (!beside.targets().isEmpty()) {
            targets = table(copies, List.of(TARGETS), null, beside.targets(), files);
        }
        return new Examples(rows, targets, weight, label, null);
    }

    /** The files of the parts that have rows, in order. */
    List<InputFiles.Entry> inOrder(List<SpoolPart> parts, Places places) {
        refuseOffenders(parts, places);
        List<SpoolPart> sorted = parts.stream()
                .filter(part -> part.path() != null)
                .sorted(Comparator.comparingInt(SpoolPart::source).thenComparingLong(SpoolPart::first))
                .toList();
        if (sorted.isEmpty()) {
            throw new MissingInputException("the input has no rows, or read.where keeps none");
        }
        List<InputFiles.Entry> entries = new ArrayList<>();
        for (int i = 0; i < sorted.size(); i++) {
            SpoolPart part = sorted.get(i);
            if (i > 0
                    && sorted.get(i - 1).source() == part.source()
                    && sorted.get(i - 1).last() >= part.first()) {
                throw new IllegalStateException("two parts hold rows of the same stretch of the input");
            }
            String name = String.format(Locale.ROOT, "spool-%08d", i);
            entries.add(new InputFiles.Entry(part.path(), name, 0, 0));
        }
        return entries;
    }

    private static void refuseOffenders(List<SpoolPart> parts, Places places) {
        List<SpoolPart> bad = parts.stream()
                .filter(part -> part.offenders().count() > 0)
                .sorted(Comparator.comparingInt(SpoolPart::source)
                        .thenComparingLong(
                                part -> part.offenders().first().get(0).row()))
                .toList();
        Offenders all = new Offenders();
        List<String> named = new ArrayList<>();
        for (SpoolPart part : bad) {
            all = all.then(part.offenders().renumbered(row -> {
                named.add(places.of(part.source(), row));
                return named.size() - 1;
            }));
        }
        if (all.count() > 0) {
            throw new DataException(all.sentence(place -> named.get((int) place), Offenders.REMEDY));
        }
    }
}
