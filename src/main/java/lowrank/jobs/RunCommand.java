package lowrank.jobs;

import java.util.concurrent.Callable;
import lowrank.io.HadoopConf;
import lowrank.spark.Sessions;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "run", description = "Runs a job spec.", mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    @Mixin
    private SpecOptions options;

    @Override
    public Integer call() {
        SparkConf conf = new SparkConf();
        Spec spec = options.read(conf);
        check(spec);
        return Sessions.use(conf, "lowrank " + spec.job(), spark -> {
            Outcome outcome = run(spec, spark);
            Show.print(new HadoopConf(spark.hadoopConfiguration()), outcome.output(), false, System.out);
            Main.resultLine(outcome.status(), ExitCode.DONE, outcome.output());
            return ExitCode.DONE.code();
        });
    }

    /** What is wrong with a spec is said before Spark starts. */
    static void check(Spec spec) {
        switch (spec.job()) {
            case "predict" -> PredictSpec.of(spec);
            case "svd", "pca" -> SvdSpec.of(spec);
            case "compress", "lora-extract", "lora-merge", "lora-resize", "circuits" -> WeightsJob.check(spec);
            case "attention" -> AttentionSpec.of(spec);
            default -> KernelJobSpec.of(spec);
        }
    }

    private static Outcome run(Spec spec, JavaSparkContext spark) {
        return switch (spec.job()) {
            case "predict" -> PredictJob.of(spec, spark).run();
            case "svd", "pca" -> new SvdJob(spec, spark).run();
            case "compress", "lora-extract", "lora-merge", "lora-resize", "circuits" ->
                WeightsJob.of(spec, spark).run();
            case "attention" -> new AttentionJob(spec, spark).run();
            default -> KernelJob.of(spec, spark).run();
        };
    }
}
