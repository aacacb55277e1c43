package lowrank.jobs;

import java.util.concurrent.Callable;
import lowrank.blas.Precision;
import lowrank.factor.UnsuitableException;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.spark.Rates;
import lowrank.spark.Sessions;
import lowrank.store.OutputFolder;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "plan",
        description = "Says what a job will do and take: algorithm, passes, bytes, flops, memory, time. Runs nothing.",
        mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {
    /** A tenth of a second, and near the rate of larger products. */
    private static final int ORDER = 512;

    @Mixin
    private SpecOptions options;

    @Override
    public Integer call() {
        SparkConf conf = Sessions.withDefaults(new SparkConf());
        Spec text = options.read(conf);
        HadoopConf hadoop = SpecFiles.hadoop(conf);
        int cores = cores(conf);
        if (KernelJob.JOBS.contains(text.required("job"))) {
            KernelJobSpec spec = KernelJobSpec.of(text);
            InputBound bound = InputBound.of(spec.read(), spec.held(), hadoop);
            System.out.print(bound.describe());
            bound.table().ifPresent(table -> plan(spec, bound, table, hadoop, conf, cores));
        } else if (WeightsJob.JOBS.contains(text.required("job"))) {
            WeightsPlan plan = WeightsJob.plan(text, hadoop);
            System.out.print(plan.describe(conf, cores));
            plan.require(conf, cores);
        } else if (text.required("job").equals("attention")) {
            AttentionSpec spec = AttentionSpec.of(text);
            AttentionInput input = AttentionInput.of(spec.read(), spec.precision(), hadoop, null);
            AttentionStatistics.require(spec, input.headWidth(), hadoop);
            AttentionPlan plan = new AttentionPlan(spec, AttentionWork.of(spec, input.shape(), conf, cores));
            System.out.print(plan.describe(conf, cores, Rates.gemm(spec.precision(), ORDER)));
            plan.require(conf, cores);
        } else if (text.required("job").equals("predict")) {
            predict(text, hadoop, conf, cores);
        } else {
            SvdSpec spec = SvdSpec.of(text);
            InputBound bound = InputBound.of(spec.read(), spec.precision(), hadoop);
            System.out.print(bound.describe());
            bound.table().ifPresent(table -> plan(spec, bound, table, conf, cores));
        }
        Main.resultLine("planned", ExitCode.DONE, "-");
        return ExitCode.DONE.code();
    }

    private static void predict(Spec text, HadoopConf hadoop, SparkConf conf, int cores) {
        OutputFolder.Result model = PredictJob.model(hadoop, text.required("model"));
        PredictPlan plan = PredictPlan.of(text, model, hadoop);
        ReadSpec read = plan.spec().read();
        InputBound bound = InputBound.of(read, plan.held(), hadoop);
        System.out.print(bound.describe());
        if (!bound.names().isEmpty()) {
            plan.requireColumns(bound.names());
        } else if (bound.cols() > 0) {
            plan.requireCount(bound.cols());
        }
        Examples beside = Input.of(read, plan.held(), hadoop, null)
                .knownBeside(plan.classes())
                .orElse(Examples.of(null));
        plan.requireTargets(beside);
        Examples rows = bound.table()
                .map(table -> new Examples(table, beside.targets(), beside.weight(), beside.label(), null))
                .orElse(null);
        System.out.print(plan.describe(rows, conf, cores, rate()));
        if (rows != null) {
            refuse(bound, () -> plan.require(rows, conf, cores));
        }
    }

    /** Refuses only what is certain: with fewer rows than the bound it may run, or another choice may be made. */
    private static void refuse(InputBound bound, Runnable require) {
        try {
            require.run();
        } catch (RefusedException | UnsuitableException e) {
            if (bound.exact()) {
                throw e;
            }
            System.out.println("  note        with that many rows it would be refused: " + e.getMessage());
        }
    }

    private static void plan(SvdSpec spec, InputBound bound, InputTable table, SparkConf conf, int cores) {
        refuse(bound, () -> {
            SvdPlan plan = SvdPlan.of(spec, table);
            System.out.print(plan.describe(conf, cores, rate()));
            plan.workload().require(conf, cores);
        });
    }

    private static void plan(
            KernelJobSpec spec, InputBound bound, InputTable table, HadoopConf hadoop, SparkConf conf, int cores) {
        int landmarks = spec.features().table() == null
                ? spec.features().size()
                : GivenLandmarks.count(spec.read(), spec.features().table(), table.cols(), hadoop);
        boolean classes = spec.read().kind() == ReadSpec.Kind.CLASSIFICATION;
        int targets = classes
                ? KernelPlan.UNKNOWN_CLASSES
                : spec.read().beside().targets().size();
        refuse(bound, () -> {
            spec.requireWidth(table.cols());
            KernelPlan plan = KernelPlan.of(spec, table, targets, landmarks);
            System.out.print(plan.describe(conf, cores, rate()));
            if (classes) {
                System.out.println(
                        "  note        " + targets + " classes are reckoned with: labels are not read by a plan");
            }
            plan.require(conf, cores);
        });
    }

    private static double rate() {
        return Rates.gemm(Precision.DOUBLE, ORDER);
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
}
