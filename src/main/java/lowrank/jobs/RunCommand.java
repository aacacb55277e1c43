package lowrank.jobs;

import java.util.concurrent.Callable;
import lowrank.io.HadoopConf;
import lowrank.spark.Sessions;
import org.apache.spark.SparkConf;
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
        boolean predict = spec.required("job").equals("predict");
        if (predict) {
            PredictSpec.of(spec);
        } else {
            SvdSpec.of(spec);
        }
        return Sessions.use(conf, "lowrank " + spec.required("job"), spark -> {
            Outcome outcome = predict ? new PredictJob(spec, spark).run() : new SvdJob(spec, spark).run();
            Show.print(new HadoopConf(spark.hadoopConfiguration()), outcome.output(), false, System.out);
            Main.resultLine(outcome.status(), ExitCode.DONE, outcome.output());
            return ExitCode.DONE.code();
        });
    }
}
