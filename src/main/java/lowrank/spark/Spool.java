package lowrank.spark;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
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
