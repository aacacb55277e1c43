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
        jobs.put("regress", "Kernel ridge regression: numbers or classes learnt from rows, by features of a kernel.");
        jobs.put(
                "nystrom",
                "Landmarks of a kernel, with the part of it that they miss; on request kernel principal components.");
        jobs.put("features", "Rows as features whose inner products are about the values of a kernel.");
        jobs.put(
                "predict",
                "New rows by a model: coordinates by one of svd or pca, values or classes by one of regress.");
        jobs.put("lora-extract", "Adapters: what a tuned model has over its base, in factors that PEFT reads.");
        jobs.put("lora-merge", "Adapters in a model, which keeps its files and format.");
        jobs.put("lora-resize", "Adapters of a lower rank, and sums of adapters as one.");
        jobs.put("compress", "Weights of a model: spectra and ranks of its matrices, and factors in their place.");
        jobs.put(
                "circuits",
                "Attention heads of a model: spectra and eigenvalues of W_QK and W_OV, and how heads compose.");
        jobs.put(
                "attention",
                "Softmax attention of long sequences, exact or approximated, with the error of each head beside it.");
        return jobs;
    }

    /** What a beginner has to decide. */
    private static Map<String, String> given(String job) {
        Map<String, String> given = new LinkedHashMap<>();
        given.put("job", job);
        boolean weights = WeightsJob.JOBS.contains(job);
        boolean pair = job.equals("lora-extract");
        boolean attention = job.equals("attention");
        if (pair) {
            given.put("read.base", "data/base.safetensors");
            given.put("read.tuned", "data/tuned.safetensors");
        } else if (job.equals("lora-merge")) {
            given.put("read.base", "data/base.safetensors");
            given.put("read.adapters", "[out/lora-extract/adapter]");
        } else if (job.equals("lora-resize")) {
            given.put("read.adapters", "[out/lora-extract/adapter]");
        } else {
            given.put(
                    "read.path",
                    weights ? "data/model.safetensors" : attention ? "data/heads.parquet" : "data/rows.parquet");
        }
        if (!weights && !attention) {
            given.put("read.vector", "features");
        }
        given.put("write.path", "out/" + job);
        switch (job) {
            case "svd", "pca" -> {
                given.put("factor.rank", "50");
                given.put("certify.require.orthogonality", "1e-12");
            }
            case "predict" -> given.put("model", "out/regress");
            case "compress" -> given.put("factor.energy", "0.9");
            case "lora-merge" -> {}
            case "lora-extract" -> given.put("factor.rank", "16");
            case "lora-resize" -> given.put("factor.rank", "8");
            case "attention" -> {
                given.put("read.position", "position");
                given.put("read.keys", "[sequence, head]");
                given.put("read.q", "q");
                given.put("read.k", "k");
                given.put("read.v", "v");
                given.put("attention.method", "auto");
                given.put("attention.causal", "false");
                given.put("certify.require.relative-error", "0.2");
            }
            case "circuits" -> given.put("heads.preset", "bert");
            default -> {
                given.put("kernel.name", "gaussian");
                given.put("kernel.bandwidth", "median");
                given.put("features.map", "nystrom");
                given.put("features.size", "1000");
            }
        }
        if (job.equals("regress")) {
            given.put("read.label", "label");
            given.put("solve.lambda", "path");
            given.put("solve.select", "gcv");
        }
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
