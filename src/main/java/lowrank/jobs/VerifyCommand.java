package lowrank.jobs;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.PairedSource;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.certify.Certificate;
import lowrank.factor.Preparation;
import lowrank.factor.ResidualPass;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.io.MissingInputException;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import lowrank.random.Philox;
import lowrank.spark.PassLog;
import lowrank.spark.Sessions;
import lowrank.spark.SparkBlocks;
import lowrank.store.DigestPass;
import lowrank.store.Digests;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.StoredSvd;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        description =
                "Re-measures a stored result against its input, factors with fresh random vectors; exit code 70 when"
                        + " what it says of itself does not hold.",
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
    private static final int STREAM = 7;

    /** With 34 probes the estimate of a squared norm exceeds this multiple with a probability below 1e-10 (Chernoff). */
    private static final double CHANCE = 3.65;

    private static final int PROBES = 34;

    @Parameters(paramLabel = "OUT", description = "The folder of a result.")
    private String path;

    @Option(names = "--seed", description = "Seed of the random vectors (default: the time).")
    private Long seed;

    @Override
    public Integer call() {
        return Sessions.use(new SparkConf(), "lowrank verify", this::verify);
    }

    private int verify(JavaSparkContext spark) {
        HadoopConf conf = new HadoopConf(spark.hadoopConfiguration());
        OutputFolder.Result result;
        try {
            result = OutputFolder.read(conf, path);
        } catch (FileNotFoundException e) {
            throw new MissingInputException(e.getMessage());
        }
        Manifest manifest = result.manifest();
        if (KernelJob.JOBS.contains(manifest.job())) {
            return verifyKernel(spark, conf, result);
        }
        if (manifest.weights() != null) {
            return verified(WeightsVerification.of(spark, conf, result).holds());
        }
        if (manifest.job().equals("attention")) {
            return verifyAttention(spark, conf, result);
        }
        if (manifest.job().equals("predict")) {
            throw new SpecException(result.path()
                    + " holds what predict wrote, and verify measures results that were learnt or factored:"
                    + " verify the model, or run predict again and compare the digests (show --digest)");
        }
        if (!manifest.factors().containsKey("U")) {
            throw new SpecException(
                    result.path() + " holds no U (write.u = false, or a rejected result), and without it"
                            + " there is nothing to measure against the input");
        }
        StoredSvd svd = StoredSvd.read(conf, result);
        SvdSpec spec = SvdSpec.of(Spec.of(Spec.layers(
                null,
                result.path(),
                manifest.spec().toString(),
                List.of(),
                List.of("read.path=" + manifest.input().path()))));
        Path scratch = scratch(result);
        try {
            Input input = Input.of(spec.read(), Precision.DOUBLE, conf, spark);
            if (!Digests.ofText(input.listing()).equals(manifest.input().listing())) {
                throw new lowrank.blocks.DataException(
                        "the input at " + spec.read().path()
                                + " is not the one that was factored (its files changed); run the job again");
            }
            InputTable table = input.table(scratch.toString());
            Layout layout = new Layout(
                    table.rows(), manifest.shape().leafRows(), manifest.shape().blockRows());
            RowBlocks rows = new Preparation(svd.right().read(), spec.read().clip(), Precision.DOUBLE)
                    .of(SparkBlocks.of(
                            spark,
                            new PairedSource(table.source(Precision.DOUBLE, layout), svd.u(conf, layout)),
                            spec.read().partitions(),
                            new PassLog()));
            Matrix probes = probes(table.cols(), seed == null ? System.nanoTime() : seed);
            Precision stored =
                    Precision.valueOf(manifest.factors().get("U").precision().toUpperCase(Locale.ROOT));
            Pass.Both<ResidualPass.Sums, byte[]> sums = rows.pass(Pass.both(
                    ResidualPass.of(
                            svd.right().mean(),
                            svd.right().scale(),
                            svd.s(),
                            svd.right().v(),
                            probes),
                    new DigestPass(1, stored)));
            boolean sameU = DigestPass.ofFactor(sums.second())
                    .equals(manifest.factors().get("U").digest());
            double means = roundingOfMeans(
                    table.rows(), svd.right().mean(), svd.right().scale());
            return judge(manifest.certificate(), sums.first(), probes, sameU, stored, spec.precision(), means);
        } finally {
            remove(conf, scratch);
        }
    }

    private int verifyKernel(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        KernelVerification verification = new KernelVerification(spark, conf, result);
        Path scratch = scratch(result);
        try {
            return verified(verification.holds(scratch.toString()));
        } finally {
            remove(conf, scratch);
        }
    }

    private int verifyAttention(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        Path scratch = scratch(result);
        try {
            return verified(new AttentionVerification(spark, conf, result).holds(scratch.toString()));
        } finally {
            remove(conf, scratch);
        }
    }

    private int verified(boolean holds) {
        if (!holds) {
            throw new NumericalException("what " + path + " says of itself does not hold; run the job again");
        }
        Main.resultLine("verified", ExitCode.DONE, path);
        return ExitCode.DONE.code();
    }

    private static Path scratch(OutputFolder.Result result) {
        return new Path(new Path(result.path()).getParent(), ".lowrank-verify-" + System.nanoTime());
    }

    private static void remove(HadoopConf conf, Path scratch) {
        try {
            conf.fileSystem(scratch).delete(scratch, true);
        } catch (IOException e) {
            throw new UncheckedIOException("removing " + scratch + " failed: " + e.getMessage(), e);
        }
    }

    private static Matrix probes(int cols, long seed) {
        Philox random = new Philox(seed, STREAM);
        double[] values = new double[Math.multiplyExact(cols, PROBES)];
        for (int i = 0; i < PROBES; i++) {
            for (int j = 0; j < cols; j++) {
                random.gaussians(j, 2 * i, values, i * cols + j, 1);
            }
        }
        return new Matrix(cols, PROBES, values);
    }

    /** The factors are of the matrix less its means, stored means are those rounded to doubles: the norm of the difference. */
    private static double roundingOfMeans(long rows, double[] mean, double[] scale) {
        double squares = 0;
        for (int j = 0; j < mean.length; j++) {
            double off = Math.ulp(mean[j]) / 2 / scale[j];
            squares += off * off;
        }
        return Math.sqrt(rows * squares);
    }

    private int judge(
            Certificate claimed,
            ResidualPass.Sums sums,
            Matrix probes,
            boolean sameU,
            Precision stored,
            Precision computed,
            double means) {
        double mean = 0;
        double spectral = 0;
        double[] lengths = probes.columnNorms();
        for (int i = 0; i < PROBES; i++) {
            mean += sums.squares()[i] / PROBES;
            spectral = Math.max(spectral, Math.sqrt(sums.squares()[i]) / lengths[i]);
        }
        double frobenius = Math.sqrt(mean);
        double defect = 0;
        for (int j = 0; j < sums.gram().order(); j++) {
            for (int i = 0; i <= j; i++) {
                defect = Math.max(defect, Math.abs(sums.gram().get(i, j) - (i == j ? 1 : 0)));
            }
        }
        // What the types themselves may add to any measurement, beside what the certificate says.
        double unit = Math.max(stored.roundoff(), computed.roundoff());
        double rounding = 32 * unit * claimed.frobeniusNorm() + means;
        double orthogonal = Math.max(2 * claimed.orthogonalityU(), 1e-13) + (unit > 1e-10 ? 32 * unit : 0);
        boolean holds = sameU;
        line("U        %s", sameU ? "the values that were written" : "NOT the values that were written");
        holds &= compare(
                "||A - U S V'||_F",
                frobenius,
                claimed.frobeniusResidual() * claimed.frobeniusNorm() * Math.sqrt(CHANCE) + rounding);
        holds &= compare(
                "||A - U S V'||_2 at least", spectral, claimed.spectralResidual() * claimed.spectralNorm() + rounding);
        holds &= compare("max |U'U - I|", defect, orthogonal);
        if (!holds) {
            throw new NumericalException("the certificate of " + path + " does not hold; run the job again");
        }
        Main.resultLine("verified", ExitCode.DONE, path);
        return ExitCode.DONE.code();
    }

    static boolean compare(String what, double measured, double limit) {
        boolean holds = measured <= limit;
        line("%-26s measured %.6g, accepted up to %.6g: %s", what, measured, limit, holds ? "holds" : "does NOT hold");
        return holds;
    }

    static void line(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
