package lowrank.jobs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lowrank.blas.Backend;
import lowrank.certify.Certificate;
import lowrank.certify.Demand;
import lowrank.factor.Preparation;
import lowrank.factor.Probing;
import lowrank.factor.Svd;
import lowrank.factor.ZScore;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.io.TensorWriter;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Conversion;
import lowrank.store.Digests;
import lowrank.store.FactorTables;
import lowrank.store.Manifest;
import lowrank.store.OutputExistsException;
import lowrank.store.OutputFolder;
import lowrank.store.report.Report;
import lowrank.store.report.Spectrum;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = svd} and {@code pca}: rows in, U, s, V and their certificate out. */
final class SvdJob {
    private final Spec text;
    private final SvdSpec spec;
    private final JavaSparkContext spark;
    private final HadoopConf conf;
    private final PassLog log = new PassLog();

    SvdJob(Spec text, JavaSparkContext spark) {
        this.text = text;
        this.spec = SvdSpec.of(text);
        this.spark = spark;
        this.conf = new HadoopConf(spark.hadoopConfiguration());
    }

    /** Runs the job; see {@link ExitCode} for what may go wrong. */
    Outcome run() {
        Input input = Input.of(spec.read(), spec.held(), conf, spark);
        try (OutputFolder out =
                OutputFolder.at(conf, spec.write().path(), spec.write().mode())) {
            out.requireApartFrom("read.path", spec.read().path());
            String listing = Digests.ofText(input.listing());
            if (spec.write().mode() == OutputFolder.Mode.SKIP && out.existing().isPresent()) {
                return skip(out, out.existing().get(), listing);
            }
            out.begin();
            Backend.choose(spec.blas());
            InputTable table = input.table(out.scratch());
            SvdPlan plan = SvdPlan.of(spec, table);
            plan.workload().require(spark.getConf(), spark.defaultParallelism());
            SparkBlocks rows = SparkBlocks.of(
                    spark, table.source(spec.held(), plan.layout()), spec.read().partitions(), log);
            ZScore score = spec.read().standard() ? ZScore.of(rows) : null;
            Preparation preparation = new Preparation(score, spec.read().clip(), spec.precision());
            if (spec.shifted()) {
                preparation = preparation.lessFirstRow(rows);
            }
            Svd svd = preparation.undo(plan.algorithm().factor(preparation.of(rows)), table.rows());
            Certificate certificate = Certificate.before(svd, spec.demands());
            Manifests manifests =
                    new Manifests(text, spec.read(), table, listing, spec.precision(), plan.layout(), rows, log, spark);
            require(out, manifests, plan, certificate, svd);
            Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
            if (spec.leftVectors()) {
                Svd.LeftVectors left = svd.writeU(
                        out.sink("U", spec.write().stored(), spec.write().codec()),
                        Probing.of(spec.sketch(), spec.write().stored()));
                factors.put(
                        "U",
                        out.collect("U", left.parts(), svd.rank(), spec.write().stored()));
                certificate = Certificate.after(svd, left, spec.demands());
                require(out, manifests, plan, certificate, svd);
            }
            factors.put(
                    "s",
                    FactorTables.writeS(out, svd, table.rows(), spec.write().codec()));
            factors.put(
                    "V",
                    FactorTables.writeV(
                            out, svd, score, table.names(), spec.write().codec()));
            Manifest manifest = manifest("complete", manifests, plan, certificate, svd, factors);
            also(out, manifest, svd);
            out.commit(manifest);
            return new Outcome("complete", out.path());
        }
    }

    private static Manifest manifest(
            String status,
            Manifests manifests,
            SvdPlan plan,
            Certificate certificate,
            Svd svd,
            Map<String, Manifest.Factor> factors) {
        return manifests.of(
                status, svd.evidence().algorithm(), plan.reasons(), svd.rank(), certificate, null, null, factors);
    }

    /** Writes what the spec asks for beside the factors. */
    private void also(OutputFolder out, Manifest manifest, Svd svd) {
        if (spec.write().also().contains("report")) {
            out.write(Report.FILE, Report.html(manifest, Spectrum.of(svd)));
        }
        for (TensorWriter.Format format : TensorWriter.Format.values()) {
            if (spec.write().also().contains(format.name().toLowerCase(Locale.ROOT))) {
                Conversion.beside(out, manifest, format);
            }
        }
    }

    private Outcome skip(OutputFolder out, Manifest there, String listing) {
        return skip(text, out, there, listing);
    }

    /** What {@code write.mode = skip} does with a result that is there. */
    static Outcome skip(Spec text, OutputFolder out, Manifest there, String listing) {
        if (there.specDigest().equals(Manifests.specDigest(text))
                && there.input().listing().equals(listing)) {
            return new Outcome("skipped", out.path());
        }
        throw new OutputExistsException("write.path " + out.path()
                + " holds the result of another spec or input; choose another path, or set write.mode = replace");
    }

    /** Leaves a rejected result and fails when a demand does not hold. */
    private void require(OutputFolder out, Manifests manifests, SvdPlan plan, Certificate certificate, Svd svd) {
        List<Demand> failed = certificate.failed();
        if (failed.isEmpty()) {
            return;
        }
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        out.discard("U");
        factors.put(
                "s",
                FactorTables.writeS(
                        out, svd, manifests.table().rows(), spec.write().codec()));
        Manifest manifest = manifest("rejected", manifests, plan, certificate, svd, factors);
        also(out, manifest, svd);
        String place = out.reject(manifest);
        String missed = failed.stream()
                .map(d -> String.format(
                        Locale.ROOT, "certify.require.%s = %s, measured %.3g", d.name(), d.limit(), d.measured()))
                .collect(Collectors.joining("; "));
        throw new RejectedException(
                "the factors do not meet " + missed + "; " + advice(svd) + "; what was found is in " + place, place);
    }

    private String advice(Svd svd) {
        if (Double.isNaN(spec.demands().frobenius())
                && Double.isNaN(spec.demands().spectral())) {
            return "ask for a lower rank";
        }
        int rank = svd.evidence()
                .leastRank(spec.demands().frobenius(), spec.demands().spectral());
        return rank < 0
                ? "a rank above " + svd.rank() + " is needed"
                : "factor.rank = " + rank + " would meet the residuals";
    }
}
