package lowrank.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.jobs.BenchAccess;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.weights.Selection;
import lowrank.weights.Weight;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * All singular values of all matrices of a checkpoint, beside NumPy's with two BLAS threads and in two processes, which have the
 * matrices in memory: {@code scripts/bench weights MODEL INCLUDE REPETITIONS FOLDER [numpy]}. Our stage reads the checkpoint.
 */
public final class WeightsBench {
    private static final int PEER_RUNS = 9;

    private WeightsBench() {}

    public static void main(String[] args) throws IOException {
        String model = args[0];
        String include = args[1];
        int repetitions = Integer.parseInt(args[2]);
        Path folder = Path.of(args[3]);
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .appName("lowrank bench")
                .config("spark.ui.enabled", "false")
                .config("spark.plugins", "lowrank.spark.LowRankPlugin")
                .getOrCreate()) {
            Backend.choose(Backend.AUTO);
            print("BLAS %s", Backend.AUTO.blas().description());
            Files.createDirectories(folder);
            double ours = ours(model, include, repetitions, folder.resolve("spectra"));
            if (args.length > 4) {
                Path raw = folder.resolve("matrices.bin");
                List<String> shapes = store(model, include, raw);
                String[] tail = new String[2 + shapes.size()];
                tail[0] = raw.toString();
                tail[1] = Integer.toString(PEER_RUNS);
                for (int i = 0; i < shapes.size(); i++) {
                    tail[2 + i] = shapes.get(i);
                }
                double[] figures = Python.run("numpy_spectra.py", tail);
                print(
                        "NumPy: two BLAS threads median %.3f s, two processes median %.3f s; the better / lowrank: %.2f",
                        figures[0], figures[1], Math.min(figures[0], figures[1]) / ours);
            }
        }
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    /** The median time of the stage, reading included, of the second half of the runs. */
    private static double ours(String model, String include, int repetitions, Path out) throws IOException {
        double[] stages = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long start = System.nanoTime();
            BenchAccess.run(
                    "job=compress",
                    "read.path=" + model,
                    "read.include=[\"" + include + "\"]",
                    "write.factors=false",
                    "write.path=" + out,
                    "write.mode=replace");
            double whole = (System.nanoTime() - start) / 1e9;
            Manifest manifest = OutputFolder.read(new HadoopConf(new Configuration()), out.toString())
                    .manifest();
            stages[i] = manifest.passes().get(0).seconds();
            print("lowrank run %d: stage %.3f s, whole job %.2f s", i + 1, stages[i], whole);
        }
        double[] warm = Arrays.copyOfRange(stages, repetitions / 2, repetitions);
        Arrays.sort(warm);
        print("lowrank: first %.3f s, median of the second half %.3f s", stages[0], warm[warm.length / 2]);
        return warm[warm.length / 2];
    }

    /**
     * Stores matrices as doubles, one after the other.
     *
     * @return their shapes, as {@code ROWSxCOLS}
     */
    private static List<String> store(String model, String include, Path file) throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        List<Weight> weights = Selection.of(
                        Checkpoint.open(conf, model),
                        new Selection.Rule(List.of(include), List.of(), List.of(), "read"))
                .weights();
        Files.write(file, new byte[0]);
        for (Weight weight : weights) {
            try (Arena arena = new Arena()) {
                Slab slab = weight.load(conf, arena);
                byte[] bytes = new byte[Math.toIntExact(slab.bytes())];
                OffHeap.view(slab.address(), slab.bytes()).get(bytes);
                Files.write(file, bytes, StandardOpenOption.APPEND);
            }
        }
        return weights.stream().map(weight -> weight.out() + "x" + weight.in()).toList();
    }
}
