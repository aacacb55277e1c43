package lowrank.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Layout;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetTable;
import lowrank.io.ParquetTableWriter;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * Bytes of vectors per second and core, from and to one uncompressed Parquet file with page checksums, one thread, against Spark's
 * own reader and writer on the same file: {@code scripts/bench io ROWS COLS REPETITIONS FOLDER}.
 */
public final class IoBench {
    private static final int GROUP = 8192;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private IoBench() {}

    public static void main(String[] args) throws IOException {
        int rows = Integer.parseInt(args[0]);
        int cols = Integer.parseInt(args[1]);
        int repetitions = Integer.parseInt(args[2]);
        Path folder = Files.createDirectories(Path.of(args[3])).resolve("io");
        Files.createDirectories(folder);
        HadoopConf conf = new HadoopConf(new Configuration());
        org.apache.hadoop.fs.Path file =
                new org.apache.hadoop.fs.Path(folder.resolve("vectors.parquet").toUri());
        double bytes = 8.0 * rows * cols;
        print("%,d x %d doubles, %.0f MB in one file, uncompressed, page checksums on", rows, cols, bytes / 1e6);
        report("lowrank, write", bytes, measure(repetitions, () -> write(conf, file, rows, cols)));
        report("lowrank, read", bytes, measure(repetitions, () -> read(conf, file)));
        try (SparkSession spark = SparkSession.builder()
                .master("local[1]")
                .appName("lowrank bench")
                .config("spark.ui.enabled", "false")
                .getOrCreate()) {
            String copy = folder.resolve("spark").toString();
            report(
                    "Spark, read (wall)",
                    bytes,
                    walls(
                            2,
                            () -> spark.read()
                                    .parquet(file.toString())
                                    .write()
                                    .format("noop")
                                    .mode("overwrite")
                                    .save()));
            report(
                    "Spark, read and write (wall)",
                    bytes,
                    walls(
                            2,
                            () -> spark.read()
                                    .parquet(file.toString())
                                    .write()
                                    .option("compression", "none")
                                    .mode("overwrite")
                                    .parquet(copy)));
        }
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    private static void report(String what, double bytes, double[] seconds) {
        double[] warm = Arrays.copyOfRange(seconds, 1, seconds.length);
        Arrays.sort(warm);
        print(
                "%-30s first %5.2f GB/s, then median %5.2f, best %5.2f",
                what, bytes / 1e9 / seconds[0], bytes / 1e9 / warm[warm.length / 2], bytes / 1e9 / warm[0]);
    }

    /** Seconds of this thread. */
    private static double[] measure(int repetitions, Runnable work) {
        double[] seconds = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long start = THREADS.getCurrentThreadCpuTime();
            work.run();
            seconds[i] = (THREADS.getCurrentThreadCpuTime() - start) / 1e9;
        }
        return seconds;
    }

    /** Seconds on the clock, for work that other threads do. */
    private static double[] walls(int repetitions, Runnable work) {
        double[] seconds = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long start = System.nanoTime();
            work.run();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        return seconds;
    }

    private static void write(HadoopConf conf, org.apache.hadoop.fs.Path file, int rows, int cols) {
        List<ParquetTableWriter.Column> columns = List.of(
                new ParquetTableWriter.Column("row", ParquetTableWriter.Type.LONG),
                new ParquetTableWriter.Column("values", ParquetTableWriter.Type.DOUBLE_VECTOR));
        try (Arena arena = new Arena();
                ParquetTableWriter writer = ParquetTableWriter.create(conf, file, columns, "none", Map.of())) {
            long values = arena.doubles((long) GROUP * cols);
            Random random = new Random(7);
            double[] row = random.doubles(cols).toArray();
            for (int i = 0; i < GROUP; i++) {
                row[i % cols] = i;
                OffHeap.put(values + 8L * cols * i, row, 0, cols);
            }
            long[] positions = new long[GROUP];
            for (int first = 0; first < rows; first += GROUP) {
                int count = Math.min(GROUP, rows - first);
                for (int i = 0; i < count; i++) {
                    positions[i] = first + i;
                }
                writer.rowGroup(
                        count,
                        List.of(
                                new ColumnData.Longs(positions),
                                new ColumnData.VectorData(values, cols, Precision.DOUBLE)));
            }
            writer.finish();
        }
    }

    private static void read(HadoopConf conf, org.apache.hadoop.fs.Path file) {
        ParquetTable table = ParquetTable.open(conf, InputFiles.list(conf, file.toString()), List.of("values"), null);
        Layout layout = Layout.of(table.rows(), 8L * table.cols(), 0);
        try (Arena arena = new Arena();
                BlockStream blocks = table.source(Precision.DOUBLE, layout).open(layout.all(), false, arena)) {
            long rows = 0;
            for (var block = blocks.next(); block != null; block = blocks.next()) {
                rows += block.rows();
            }
            if (rows != table.rows()) {
                throw new IllegalStateException("read " + rows + " rows");
            }
        }
    }
}
