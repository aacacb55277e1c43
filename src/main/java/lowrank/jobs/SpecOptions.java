package lowrank.jobs;

import java.util.List;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What commands on a spec have in common: the file, and keys that win over it. */
final class SpecOptions {
    @Parameters(paramLabel = "SPEC", description = "The job spec, a HOCON file on any file system.")
    private String file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Sets a key of the spec; may be repeated.",
            arity = "1")
    private List<String> set = List.of();

    /** The spec with all its layers. */
    Spec read(SparkConf conf) {
        return SpecFiles.read(file, set, conf);
    }
}
