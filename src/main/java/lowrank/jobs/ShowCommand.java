package lowrank.jobs;

import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "show", description = "Shows a result: shape, spectrum, certificate.", mixinStandardHelpOptions = true)
final class ShowCommand implements Callable<Integer> {
    @Parameters(paramLabel = "OUT", description = "The folder of a result.")
    private String path;

    @Option(names = "--digest", description = "Print the digest of each factor's values.")
    private boolean digest;

    @Override
    public Integer call() {
        Show.print(SpecFiles.hadoop(new SparkConf()), path, digest, System.out);
        Main.resultLine("shown", ExitCode.DONE, path);
        return ExitCode.DONE.code();
    }
}
