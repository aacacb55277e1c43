package lowrank.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.factor.UnsuitableException;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.MissingInputException;
import lowrank.io.ParquetTable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.datasources.DataSource;

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
     * @throws UnsuitableException with the way out
     */
    void requireSpace(long rows, long width) {
        double bytes = (double) rows * width * precision.bytes();
        Path place = new Path(folder).getParent();
        long there;
        try {
            there = conf.fileSystem(place).getStatus(place).getRemaining();
        } catch (IOException e) {
            throw new UncheckedIOException("looking at " + place + " failed: " + e.getMessage(), e);
        }
        if (bytes > there) {
            throw new UnsuitableException("the dense copy of " + rows + " x " + width + " values takes "
                    + Room.size(bytes) + " beside write.path, where " + Room.size(there)
                    + " are free; lower read.rows or read.width, or choose another write.path");
        }
    }

    /** A reader for files that were listed: their paths are names, whatever characters they hold, and no patterns. */
    DataFrameReader reader() {
        return SparkSession.builder()
                .sparkContext(spark.sc())
                .getOrCreate()
                .read()
                .option(DataSource.GLOB_PATHS_KEY(), false);
    }

    static String[] paths(List<InputFiles.Entry> files) {
        return files.stream().map(InputFiles.Entry::path).toArray(String[]::new);
    }

    SpoolWriter.Target target(int width, Ids.Type ids) {
        return target("rows", width, ids, precision);
    }

    SpoolWriter.Target target(String name, int width, Ids.Type ids, Precision stored) {
        return new SpoolWriter.Target(conf, new Path(folder, name).toString(), width, ids, stored);
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
        ParquetTable table =
                ParquetTable.open(conf, inOrder(parts, places), List.of(VALUES), ids == Ids.Type.NONE ? null : ID);
        return new SpooledTable(table, names, listing(files), files.size());
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
            throw new DataException(all.sentence(place -> named.get((int) place)));
        }
    }
}
