package lowrank.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.HadoopConf;
import lowrank.jobs.BenchAccess;
import lowrank.store.FactorTables;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.mllib.linalg.Matrix;
import org.apache.spark.mllib.linalg.SingularValueDecomposition;
import org.apache.spark.mllib.linalg.Vector;
import org.apache.spark.mllib.linalg.Vectors;
import org.apache.spark.mllib.linalg.distributed.RowMatrix;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * The SVD of a Parquet matrix with singular values 1000/j, U written as Parquet, against MLlib's computeSVD with native BLAS
 * on the same file, in the same session, and against NumPy's Gram route in memory: {@code scripts/bench svd ROWS COLS RANK
 * REPETITIONS FOLDER [mllib] [numpy]}.
 */
public final class SvdBench {
    private static final int MLLIB_RUNS = 3;

    private SvdBench() {}

    public static void main(String[] args) throws IOException {
        long rows = Long.parseLong(args[0]);
        int cols = Integer.parseInt(args[1]);
        int rank = Integer.parseInt(args[2]);
        int repetitions = Integer.parseInt(args[3]);
        Path folder = Path.of(args[4]);
        List<String> peers = List.of(args).subList(5, args.length);
        Path input = folder.resolve("harmonic-" + rows + "x" + cols);
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .appName("lowrank bench")
                .config("spark.ui.enabled", "false")
                .config("spark.plugins", "lowrank.spark.LowRankPlugin")
                .getOrCreate()) {
            if (!Files.exists(input)) {
                BenchAccess.command(
                        "generate", input.toString(), "--spectrum", "harmonic", "--rows", args[0], "--cols", args[1]);
            }
            print("BLAS %s, gemm %.1f GFLOP/s on one core", Backend.AUTO.blas().description(), gemmRate());
            double ours = ours(input, folder.resolve("out"), rank, repetitions);
            if (peers.contains("mllib")) {
                double theirs = mllib(spark, input, folder.resolve("mllib-u"), rank, cols);
                print("MLlib / lowrank: %.1f", theirs / ours);
            }
            if (peers.contains("numpy")) {
                double theirs = numpy(input, folder, rank);
                print("lowrank / NumPy, which neither reads nor writes: %.2f", ours / theirs);
            }
        }
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** GFLOP/s of n = 1024 products on this thread. */
    private static double gemmRate() {
        int n = 1024;
        try (Arena arena = new Arena()) {
            long a = arena.doubles((long) n * n);
            long b = arena.doubles((long) n * n);
            long c = arena.doubles((long) n * n);
            OffHeap.zero(a, 8L * n * n);
            OffHeap.zero(b, 8L * n * n);
            double[] rates = new double[9];
            for (int i = 0; i < rates.length; i++) {
                long start = System.nanoTime();
                Backend.AUTO.blas().gemm(Precision.DOUBLE, false, false, n, n, n, 1, a, n, b, n, 0, c, n);
                rates[i] = 2.0 * n * n * n / 1e9 / seconds(start);
            }
            Arrays.sort(rates);
            return rates[rates.length / 2];
        }
    }

    private static double ours(Path input, Path output, int rank, int repetitions) throws IOException {
        double[] times = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long start = System.nanoTime();
            BenchAccess.run("read.path=" + input, "write.path=" + output, "write.mode=replace", "factor.rank=" + rank);
            times[i] = seconds(start);
            print("lowrank run %d: %.2f s", i + 1, times[i]);
        }
        OutputFolder.Result result = OutputFolder.read(new HadoopConf(new Configuration()), output.toString());
        for (Manifest.PassRecord pass : result.manifest().passes()) {
            print(
                    "  %-24s %6.2f s %6.2f GB/s %7.1f GFLOP/s",
                    pass.label(),
                    pass.seconds(),
                    pass.bytes() / 1e9 / pass.seconds(),
                    pass.flops() / 1e9 / pass.seconds());
        }
        double[] s = FactorTables.readValues(new HadoopConf(new Configuration()), result);
        print(
                "  algorithm %s, worst relative error of values %.1e, max |U'U - I| %.1e",
                result.manifest().algorithm(),
                error(s),
                result.manifest().certificate().orthogonalityU());
        // Java compiles for about ten runs: the first half is shown above, and not counted.
        double[] warm = Arrays.copyOfRange(times, repetitions / 2, repetitions);
        Arrays.sort(warm);
        print("lowrank: first %.2f s, median of the second half %.2f s", times[0], warm[warm.length / 2]);
        return warm[warm.length / 2];
    }

    private static double error(double[] s) {
        double worst = 0;
        for (int j = 0; j < s.length; j++) {
            worst = Math.max(worst, Math.abs(s[j] * (j + 1) / 1000 - 1));
        }
        return worst;
    }

    private static double mllib(SparkSession spark, Path input, Path output, int rank, int cols) throws IOException {
        long start = System.nanoTime();
        RDD<Vector> vectors = spark.read()
                .parquet(input.toString())
                .select("features")
                .javaRDD()
                .map(row -> {
                    List<Double> values = row.getList(0);
                    double[] array = new double[values.size()];
                    for (int j = 0; j < array.length; j++) {
                        array[j] = values.get(j);
                    }
                    return Vectors.dense(array);
                })
                .rdd();
        vectors.persist(StorageLevel.MEMORY_ONLY());
        vectors.count();
        double read = seconds(start);
        double[] totals = new double[MLLIB_RUNS];
        double write = 0;
        for (int i = 0; i < MLLIB_RUNS; i++) {
            start = System.nanoTime();
            SingularValueDecomposition<RowMatrix, Matrix> svd =
                    new RowMatrix(vectors, 0, cols).computeSVD(rank, true, 1e-9);
            long written = System.nanoTime();
            Dataset<Row> u = spark.createDataFrame(
                    svd.U().rows().toJavaRDD().map(v -> RowFactory.create((Object) v.toArray())),
                    new StructType().add("values", DataTypes.createArrayType(DataTypes.DoubleType)));
            u.write().mode("overwrite").parquet(output.toString());
            write = seconds(written);
            double total = seconds(start);
            print(
                    "MLlib run %d: computeSVD and U written %.2f s (of it writing %.2f s), worst relative error %.1e",
                    i + 1, total, write, error(svd.s().toArray()));
            totals[i] = total;
        }
        delete(output);
        Arrays.sort(totals);
        double median = totals[totals.length / 2];
        print("MLlib: read and cache %.2f s, then median %.2f s, best %.2f s", read, median, totals[0]);
        return read + median;
    }

    /** Seconds of the Gram route in memory, in a process of its own that may use both cores. */
    private static double numpy(Path input, Path folder, int rank) throws IOException {
        Path matrix = folder.resolve("numpy-" + input.getFileName() + ".npy");
        Npy.of(input, "features", Precision.DOUBLE, matrix);
        double[] figures = Python.run("numpy_svd.py", matrix.toString(), Integer.toString(rank));
        Files.delete(matrix);
        print(
                "NumPy: read %.2f s, Gram route median %.2f s, worst relative error %.1e, max |U'U - I| %.1e",
                figures[0], figures[1], figures[2], figures[3]);
        return figures[1];
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all = new ArrayList<>();
        try (var walk = Files.walk(folder)) {
            walk.sorted(Comparator.reverseOrder()).forEach(all::add);
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
