package lowrank.jobs;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "init",
        description = "Prints a job spec to start from, every key explained.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class InitCommand implements Callable<Integer> {
    @Parameters(paramLabel = "JOB", arity = "0..1", description = "The job; --list names all.")
    private String job;

    @Option(names = "--list", description = "Name the jobs.")
    private boolean list;

    @Option(names = "--keys", description = "Print a table of all keys, in Markdown.")
    private boolean keys;

    /** Jobs, with what they do. */
    private static Map<String, String> jobs() {
        Map<String, String> jobs = new LinkedHashMap<>();
        jobs.put("svd", "Singular value decomposition: U, s and V of a matrix whose rows lie in files.");
        jobs.put("pca", "Principal components: the svd of the rows with their mean subtracted.");
        return jobs;
    }

    /** What a beginner has to decide. */
    private static Map<String, String> given(String job) {
        Map<String, String> given = new LinkedHashMap<>();
        given.put("job", job);
        given.put("read.path", "data/rows.parquet");
        given.put("read.vector", "features");
        given.put("factor.rank", "50");
        given.put("certify.require.orthogonality", "1e-12");
        given.put("write.path", "out/" + job);
        return given;
    }

    @Override
    public Integer call() {
        if (keys) {
            System.out.print(SpecKeys.reference().markdown());
        } else if (list) {
            jobs().forEach((name, description) -> System.out.println(name + "  " + description));
        } else if (job == null || !jobs().containsKey(job)) {
            throw new SpecException((job == null ? "init needs the name of a job" : "there is no job " + job)
                    + "; known are " + String.join(", ", jobs().keySet()));
        } else {
            System.out.print(SpecKeys.reference().template(jobs().get(job), given(job)));
        }
        return ExitCode.DONE.code();
    }
}
