package lowrank.jobs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import lowrank.blas.Backend;
import lowrank.io.HadoopConf;
import lowrank.linalg.NumericalException;
import lowrank.spark.Host;
import lowrank.spark.Rates;
import lowrank.spark.Sessions;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        description = "Says what each process of the cluster computes with, and how fast one thread of it is.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DoctorCommand implements Callable<Integer> {
    @Option(
            names = "--path",
            paramLabel = "FOLDER",
            description =
                    "Where a file of 64 MB is written, read and removed (default: each machine's temporary files).")
    private String path;

    @Option(names = "--order", hidden = true, description = "Order of the matrices that are multiplied.")
    private int order = Rates.Effort.USUAL.order();

    @Option(names = "--megabytes", hidden = true, description = "Size of what is copied, written and read.")
    private int megabytes = Rates.Effort.USUAL.megabytes();

    @Override
    public Integer call() {
        return Sessions.use(new SparkConf(), "lowrank doctor", this::examine);
    }

    private int examine(JavaSparkContext spark) {
        Backend.choose(Backend.AUTO);
        HadoopConf conf = new HadoopConf(spark.hadoopConfiguration());
        List<Host> hosts = Host.all(spark, new Host.Question(conf, path, new Rates.Effort(order, megabytes)));
        Diagnosis diagnosis = new Diagnosis(hosts);
        System.out.println("master " + spark.master() + ", Spark " + spark.version() + ", "
                + spark.defaultParallelism() + " task slots, spark.executor.memoryOverhead "
                + spark.getConf().get("spark.executor.memoryOverhead", "not set") + "; rates of one thread");
        diagnosis.table().forEach(System.out::println);
        diagnosis.findings(Host.executors(spark)).forEach(System.out::println);
        for (Host host : hosts) {
            String wrong = host.wrong() == null
                            && host.blasProblem() != null
                            && host.blasProblem().startsWith("self-test")
                    ? host.blasProblem()
                    : host.wrong();
            if (wrong != null) {
                throw new NumericalException(host.host() + ": " + wrong);
            }
        }
        for (Host host : hosts) {
            if (host.failed() != null) {
                throw new UncheckedIOException(
                        host.host() + ": " + host.failed() + "; choose another folder with --path",
                        new IOException(host.failed()));
            }
        }
        Main.resultLine("complete", ExitCode.DONE, "-");
        return ExitCode.DONE.code();
    }
}
