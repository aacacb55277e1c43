package lowrank.jobs;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.spark.Sessions;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "plan",
        description = "Says what a job will do and take: algorithm, passes, bytes, flops, memory, time. Runs nothing.",
        mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SPEC", description = "The job spec.")
    private String file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Sets a key of the spec; may be repeated.",
            arity = "1")
    private List<String> set = List.of();

    @Override
    public Integer call() {
        SparkConf conf = Sessions.withDefaults(new SparkConf());
        SvdSpec spec = SvdSpec.of(SpecFiles.read(file, set, conf));
        HadoopConf hadoop = SpecFiles.hadoop(conf);
        InputTable table = Input.of(spec.read(), spec.precision(), hadoop, null)
                .inPlaceTable()
                .orElseThrow(
                        () -> new SpecException(
                                "the shape of this input is known only when it has been read (CSV, libsvm,"
                                        + " triplets, expressions, read.where, read.order-by); run it, or convert it to Parquet first"));
        SvdPlan plan = SvdPlan.of(spec, table);
        int cores = cores(conf);
        System.out.print(plan.describe(conf, cores, gemmRate()));
        plan.require(conf, cores);
        Main.resultLine("planned", ExitCode.DONE, "-");
        return ExitCode.DONE.code();
    }

    /** Tasks at once of the cluster that the settings describe. */
    private static int cores(SparkConf conf) {
        String master = conf.get("spark.master", "local[*]");
        if (master.equals("local")) {
            return 1;
        }
        if (master.matches("local\\[\\d+.*")) {
            return Integer.parseInt(master.replaceAll("\\D+(\\d+).*", "$1"));
        }
        if (master.startsWith("local[")) {
            return Runtime.getRuntime().availableProcessors();
        }
        return conf.getInt(
                "spark.cores.max", conf.getInt("spark.executor.instances", 2) * conf.getInt("spark.executor.cores", 1));
    }

    /** GFLOP/s of products of order 512 on this thread: a tenth of a second. */
    private static double gemmRate() {
        int n = 512;
        double[] rates = new double[7];
        try (Arena arena = new Arena()) {
            long a = arena.doubles((long) n * n);
            long c = arena.doubles((long) n * n);
            OffHeap.zero(a, 8L * n * n);
            for (int i = 0; i < rates.length; i++) {
                long start = System.nanoTime();
                Backend.current().gemm(Precision.DOUBLE, false, false, n, n, n, 1, a, n, a, n, 0, c, n);
                rates[i] = 2.0 * n * n * n / (System.nanoTime() - start);
            }
        }
        Arrays.sort(rates);
        return rates[rates.length / 2];
    }
}
