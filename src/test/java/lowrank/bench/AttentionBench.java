package lowrank.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lowrank.attention.AttentionCost;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.certify.Measure;
import lowrank.io.HadoopConf;
import lowrank.jobs.BenchAccess;
import lowrank.spark.Rates;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * {@code job = attention} on {@link AttentionData}, Parquet in and out, beside NumPy in float on the same values: {@code scripts/bench
 * attention ROWS WIDTH HEADS FEATURES REPETITIONS FOLDER [double] [numpy] [certify=ROWS] [METHOD...]}, METHOD performer, nystrom, linformer,
 * exact or causal, the first three unless some are named; or how times grow with the rows: {@code scripts/bench attention growth WIDTH FEATURES
 * REPETITIONS FOLDER [METHOD...]}, METHOD performer, nystrom or exact. Core seconds, of all threads of a process, say more than seconds where other work shares the machine.
 */
public final class AttentionBench {
    static final int LANDMARKS = 64;
    private static final int SAMPLED = 256;
    private static final String CERTIFY = "certify=";
    private static final int CORES = 2;
    private static final int ORDER = 1024;
    private static final int PEER_RUNS = 3;

    private AttentionBench() {}

    public static void main(String[] args) throws IOException {
        try (SparkSession spark = SparkSession.builder()
                .master("local[" + CORES + "]")
                .appName("lowrank bench")
                .config("spark.ui.enabled", "false")
                .config("spark.plugins", "lowrank.spark.LowRankPlugin")
                .getOrCreate()) {
            Backend.choose(Backend.AUTO);
            print("BLAS %s", Backend.AUTO.blas().description());
            if (args[0].equals("growth")) {
                AttentionGrowth.run(
                        Integer.parseInt(args[1]),
                        Integer.parseInt(args[2]),
                        Integer.parseInt(args[3]),
                        Path.of(args[4]),
                        args.length > 5
                                ? List.of(args).subList(5, args.length)
                                : List.of("performer", "nystrom", "exact"));
            } else {
                beside(args);
            }
        }
    }

    private static void beside(String[] args) throws IOException {
        int rows = Integer.parseInt(args[0]);
        int width = Integer.parseInt(args[1]);
        int heads = Integer.parseInt(args[2]);
        int features = Integer.parseInt(args[3]);
        int repetitions = Integer.parseInt(args[4]);
        long start = System.nanoTime();
        Path folder = AttentionData.generate(Path.of(args[5]), rows, width, heads);
        print("%s, %.1f s to have it", folder, (System.nanoTime() - start) / 1e9);
        List<String> words = new ArrayList<>(List.of(args).subList(6, args.length));
        Precision precision = words.remove("double") ? Precision.DOUBLE : Precision.FLOAT;
        boolean numpy = words.remove("numpy");
        int sampled = words.stream()
                .filter(word -> word.startsWith(CERTIFY))
                .mapToInt(word -> Integer.parseInt(word.substring(CERTIFY.length())))
                .findFirst()
                .orElse(SAMPLED);
        words.removeIf(word -> word.startsWith(CERTIFY));
        List<String> methods = words.isEmpty() ? List.of("performer", "nystrom", "linformer") : words;
        if (numpy) {
            for (String column : List.of("q", "k", "v")) {
                Npy.of(folder, column, Precision.FLOAT, Path.of(folder + "-" + column + ".npy"));
            }
        }
        for (String method : methods) {
            Shape shape = new Shape(rows, width, heads, features, sampled, precision);
            double[] ours = ours(folder, shape, method, repetitions);
            if (numpy && List.of("performer", "nystrom", "exact").contains(method)) {
                peer(folder, shape, method, ours);
            }
        }
    }

    /** What is attended to. */
    record Shape(int rows, int width, int heads, int features, int sampled, Precision precision) {
        /** Flops per token and head of what makes the outputs, without what measures them. */
        double flops(String method) {
            AttentionCost cost = new AttentionCost(width, width, false);
            return switch (method) {
                case "performer", "causal" -> cost.performer(features, false);
                case "nystrom" -> cost.nystrom(LANDMARKS);
                case "linformer" -> cost.linformer(LANDMARKS);
                default -> cost.exact(rows) / rows;
            };
        }
    }

    static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    /** GFLOP/s of all cores together. */
    private static double gemm(Precision precision) {
        return IntStream.range(0, CORES)
                .parallel()
                .mapToDouble(core -> Rates.gemm(precision, ORDER))
                .sum();
    }

    /** Runs the job once, in floats; returns its seconds. */
    static double once(Path folder, Path out, int features, String method) throws IOException {
        return once(folder, out, features, SAMPLED, Precision.FLOAT, method);
    }

    private static double once(Path folder, Path out, int features, int sampled, Precision precision, String method)
            throws IOException {
        String word = precision.name().toLowerCase(Locale.ROOT);
        List<String> keys = new ArrayList<>(List.of(
                "job=attention",
                "read.path=" + folder,
                "read.position=pos",
                "read.keys=[head]",
                "attention.method=" + (method.equals("causal") ? "performer" : method),
                performs(method) ? "attention.features=" + features : "attention.landmarks=" + LANDMARKS,
                "attention.causal=" + method.equals("causal"),
                "attention.force=true",
                "certify.rows=" + sampled,
                "blocks.precision=" + word,
                "write.precision=" + word,
                "write.path=" + out,
                "write.mode=replace"));
        long start = System.nanoTime();
        BenchAccess.run(keys.toArray(String[]::new));
        return (System.nanoTime() - start) / 1e9;
    }

    private static boolean performs(String method) {
        return method.equals("performer") || method.equals("causal") || method.equals("auto");
    }

    private static double coreSeconds() {
        return ((com.sun.management.OperatingSystemMXBean)
                                java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                        .getProcessCpuTime()
                / 1e9;
    }

    static Manifest manifest(Path out) throws IOException {
        return OutputFolder.read(new HadoopConf(new Configuration()), out.toString())
                .manifest();
    }

    static double median(double... times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Median seconds of the second half of the runs, and core seconds. */
    private static double[] ours(Path folder, Shape shape, String method, int repetitions) throws IOException {
        Path out = Path.of(folder + "-" + method);
        double[] times = new double[repetitions];
        double[] cores = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            double before = coreSeconds();
            times[i] = once(folder, out, shape.features, shape.sampled, shape.precision, method);
            cores[i] = coreSeconds() - before;
            print("lowrank %s run %d: %.2f s, %.2f core seconds", method, i + 1, times[i], cores[i]);
        }
        double warm = median(Arrays.copyOfRange(times, repetitions / 2, repetitions));
        Manifest manifest = manifest(out);
        passes(manifest);
        double tokens = (double) shape.rows * shape.heads;
        double rate = gemm(shape.precision);
        double needed = shape.flops(method) * tokens;
        double done = manifest.passes().stream()
                .mapToDouble(Manifest.PassRecord::flops)
                .sum();
        long peak = manifest.passes().stream()
                .mapToLong(Manifest.PassRecord::offHeap)
                .max()
                .orElse(0);
        print(
                "lowrank %s: first %.2f s, median of the second half %.2f s; %,.0f tokens/s (tokens x heads / s)",
                method, times[0], warm, tokens / warm);
        print(
                "  %.1f GFLOP/s of outputs alone, %.1f with what measures them; gemm of both cores %.1f: %.0f %%, %.0f %%",
                needed / 1e9 / warm,
                done / 1e9 / warm,
                rate,
                100 * needed / 1e9 / warm / rate,
                100 * done / 1e9 / warm / rate);
        print("  off the heap at most %.1f MB", peak / 1e6);
        for (Measure measure : manifest.findings().measures()) {
            String interval = measure.lower() == null
                    ? ""
                    : String.format(Locale.ROOT, " [%.3g, %.3g]", measure.lower(), measure.upper());
            print("  %s %.3g%s: %s", measure.name(), measure.value(), interval, measure.meaning());
        }
        return new double[] {warm, median(Arrays.copyOfRange(cores, repetitions / 2, repetitions))};
    }

    /** Passes of the same label together. */
    private static void passes(Manifest manifest) {
        manifest.passes().stream().map(Manifest.PassRecord::label).distinct().forEach(label -> {
            List<Manifest.PassRecord> same = manifest.passes().stream()
                    .filter(pass -> pass.label().equals(label))
                    .toList();
            double seconds =
                    same.stream().mapToDouble(Manifest.PassRecord::seconds).sum();
            double flops = same.stream().mapToDouble(Manifest.PassRecord::flops).sum();
            long bytes = same.stream().mapToLong(Manifest.PassRecord::bytes).sum();
            print(
                    "  %3d x %6.2f s %7.1f GFLOP/s %6.2f GB/s  %s",
                    same.size(), seconds, flops / 1e9 / seconds, bytes / 1e9 / seconds, label);
        });
    }

    private static void peer(Path folder, Shape shape, String method, double[] ours) throws IOException {
        double[] figures = Python.run(
                "numpy_attention.py",
                folder.toString(),
                Integer.toString(shape.heads),
                method,
                Integer.toString(method.equals("nystrom") ? LANDMARKS : shape.features),
                Integer.toString(PEER_RUNS),
                Integer.toString(shape.sampled));
        print(
                "NumPy %s, float, two BLAS threads: %.2f s in memory, %.2f s with reading and writing .npy, %.2f s with the errors of"
                        + " %d rows as well (%.2f, %.2f core seconds); relative error %.3g",
                method,
                figures[0],
                figures[1],
                figures[1] + figures[2],
                shape.sampled,
                figures[4],
                figures[4] + figures[5],
                figures[3]);
        print(
                "NumPy / lowrank: %.2f in memory, %.2f with files, %.2f with files and errors; core seconds %.2f with files, %.2f with"
                        + " files and errors",
                figures[0] / ours[0],
                figures[1] / ours[0],
                (figures[1] + figures[2]) / ours[0],
                figures[4] / ours[1],
                (figures[4] + figures[5]) / ours[1]);
    }
}
