package lowrank.jobs;

import java.util.List;
import java.util.concurrent.Callable;
import lowrank.io.HadoopConf;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "run", description = "Runs a job spec.", mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SPEC", description = "The job spec, a HOCON file on any file system.")
    private String file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Sets a key of the spec; may be repeated.",
            arity = "1")
    private List<String> set = List.of();

    @Override
    public Integer call() {
        SparkConf conf = new SparkConf();
        Spec spec = SpecFiles.read(file, set, conf);
        SvdSpec.of(spec);
        conf.setIfMissing("spark.master", "local[*]").setIfMissing("spark.app.name", "lowrank " + spec.required("job"));
        try (JavaSparkContext spark = new JavaSparkContext(SparkContext.getOrCreate(conf))) {
            Outcome outcome = new SvdJob(spec, spark).run();
            Show.print(new HadoopConf(spark.hadoopConfiguration()), outcome.output(), false, System.out);
            Main.resultLine(outcome.status(), ExitCode.DONE, outcome.output());
            return ExitCode.DONE.code();
        }
    }
}
