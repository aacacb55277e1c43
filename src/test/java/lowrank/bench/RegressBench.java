package lowrank.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.jobs.BenchAccess;
import lowrank.random.Philox;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * Kernel regression of T targets y_k = cos(a_k'x + b_k), |a_k| about 1, on normal rows x, Parquet in and coefficients out, beside
 * scikit-learn and NumPy on the same rows in memory: {@code scripts/bench regress ROWS COLS TARGETS MAP SIZE REPETITIONS FOLDER [sklearn]
 * [numpy]}, MAP nystrom or fourier. Errors are those on 20,000 other rows.
 */
public final class RegressBench {
    private static final int TEST_ROWS = 20_000;
    private static final int GROUP = 8192;
    private static final int PEER_RUNS = 3;
    private static final double LAMBDA = 1e-6;

    private RegressBench() {}

    public static void main(String[] args) throws IOException {
        int rows = Integer.parseInt(args[0]);
        int cols = Integer.parseInt(args[1]);
        int targets = Integer.parseInt(args[2]);
        String map = args[3];
        int size = Integer.parseInt(args[4]);
        int repetitions = Integer.parseInt(args[5]);
        Path folder = Path.of(args[6]).resolve("regress-" + rows + "x" + cols + "x" + targets);
        List<String> peers = List.of(args).subList(7, args.length);
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .appName("lowrank bench")
                .config("spark.ui.enabled", "false")
                .config("spark.plugins", "lowrank.spark.LowRankPlugin")
                .getOrCreate()) {
            Backend.choose(Backend.AUTO);
            print("BLAS %s", Backend.AUTO.blas().description());
            generate(folder.resolve("train"), rows, cols, targets, 0);
            generate(folder.resolve("test"), TEST_ROWS, cols, targets, rows);
            double ours = ours(folder, cols, map, size, repetitions);
            if (!peers.isEmpty()) {
                for (String part : List.of("train", "test")) {
                    Npy.of(folder.resolve(part), "features", Precision.FLOAT, folder.resolve(part + "-x.npy"));
                    Npy.of(folder.resolve(part), "y", Precision.FLOAT, folder.resolve(part + "-y.npy"));
                }
            }
            for (String peer : peers) {
                String[] tail = {
                    Integer.toString(size),
                    Double.toString(Math.sqrt(cols)),
                    Double.toString(LAMBDA),
                    Integer.toString(PEER_RUNS)
                };
                double[] figures = peer.equals("sklearn")
                        ? Python.run("sklearn_regress.py", folder.toString(), map, tail[0], tail[1], tail[2], tail[3])
                        : Python.run("numpy_regress.py", folder.toString(), tail[0], tail[1], tail[2], tail[3]);
                print(
                        "%s: read %.2f s, fit median %.2f s, RMSE %.4f; %s / lowrank: %.2f",
                        peer, figures[0], figures[1], figures[2], peer, (figures[0] + figures[1]) / ours);
            }
        }
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    private static double ours(Path folder, int cols, String map, int size, int repetitions) throws IOException {
        Path model = folder.resolve("model");
        double[] times = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long start = System.nanoTime();
            BenchAccess.run(
                    "job=regress",
                    "read.path=" + folder.resolve("train"),
                    "read.target=[y]",
                    "kernel.bandwidth=" + Math.sqrt(cols),
                    "features.map=" + map,
                    "features.size=" + size,
                    "features.landmarks=uniform",
                    "solve.lambda=" + LAMBDA,
                    "blocks.precision=float",
                    "write.path=" + model,
                    "write.mode=replace");
            times[i] = (System.nanoTime() - start) / 1e9;
            print("lowrank run %d: %.2f s", i + 1, times[i]);
        }
        Manifest manifest = OutputFolder.read(new HadoopConf(new Configuration()), model.toString())
                .manifest();
        for (Manifest.PassRecord pass : manifest.passes()) {
            print(
                    "  %-24s %6.2f s %6.2f GB/s %7.1f GFLOP/s",
                    pass.label(),
                    pass.seconds(),
                    pass.bytes() / 1e9 / pass.seconds(),
                    pass.flops() / 1e9 / pass.seconds());
        }
        BenchAccess.run(
                "job=predict",
                "model=" + model,
                "read.path=" + folder.resolve("test"),
                "read.target=[y]",
                "write.path=" + folder.resolve("predictions"),
                "write.mode=replace");
        double[] warm = Arrays.copyOfRange(times, repetitions / 2, repetitions);
        Arrays.sort(warm);
        double median = warm[warm.length / 2];
        double nominal = 2.0 * manifest.shape().rows() * size * size;
        print(
                "lowrank: first %.2f s, median of the second half %.2f s; 2 n D^2 / (wall x cores) = %.0f GFLOP/s",
                times[0], median, nominal / 2e9 / median);
        return median;
    }

    /** Rows first .. first + rows of the same endless table, as Parquet; what is there already is kept. */
    private static void generate(Path folder, int rows, int cols, int targets, int first) throws IOException {
        if (Files.exists(folder)) {
            return;
        }
        Files.createDirectories(folder);
        Philox random = new Philox(1, 1);
        Philox direction = new Philox(1, 2);
        float[] a = new float[cols * targets];
        double[] row = new double[cols + cols % 2];
        for (int k = 0; k < targets; k++) {
            direction.gaussians(k, 0, row, 0, row.length);
            for (int j = 0; j < cols; j++) {
                a[k * cols + j] = (float) (row[j] / Math.sqrt(cols));
            }
        }
        HadoopConf conf = new HadoopConf(new Configuration());
        org.apache.hadoop.fs.Path file =
                new org.apache.hadoop.fs.Path(folder.resolve("part-0.parquet").toUri());
        try (Arena arena = new Arena();
                ParquetTableWriter writer = ParquetTableWriter.create(
                        conf,
                        file,
                        List.of(
                                new ParquetTableWriter.Column("features", ParquetTableWriter.Type.FLOAT_VECTOR),
                                new ParquetTableWriter.Column("y", ParquetTableWriter.Type.FLOAT_VECTOR)),
                        "none",
                        java.util.Map.of())) {
            long x = arena.allocate((long) GROUP * cols, Precision.FLOAT);
            long y = arena.allocate((long) GROUP * targets, Precision.FLOAT);
            long w = arena.allocate(a.length, Precision.FLOAT);
            OffHeap.put(w, a, 0, a.length);
            float[] floats = new float[Math.max(cols, targets)];
            for (int from = 0; from < rows; from += GROUP) {
                int count = Math.min(GROUP, rows - from);
                for (int i = 0; i < count; i++) {
                    random.gaussians((long) first + from + i, 0, row, 0, row.length);
                    for (int j = 0; j < cols; j++) {
                        floats[j] = (float) row[j];
                    }
                    OffHeap.put(x + 4L * i * cols, floats, 0, cols);
                }
                Backend.current()
                        .gemm(Precision.FLOAT, true, false, targets, count, cols, 1, w, cols, x, cols, 0, y, targets);
                for (int i = 0; i < count; i++) {
                    OffHeap.get(y + 4L * i * targets, floats, 0, targets);
                    for (int k = 0; k < targets; k++) {
                        floats[k] = (float) Math.cos(2 * floats[k] + k);
                    }
                    OffHeap.put(y + 4L * i * targets, floats, 0, targets);
                }
                writer.rowGroup(
                        count,
                        List.of(
                                new ColumnData.VectorData(x, cols, Precision.FLOAT),
                                new ColumnData.VectorData(y, targets, Precision.FLOAT)));
            }
            writer.finish();
        }
    }
}
