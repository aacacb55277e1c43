package lowrank.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lowrank.blas.Precision;
import lowrank.blocks.Facts;
import lowrank.blocks.Layout;
import lowrank.certify.Certificate;
import lowrank.certify.Findings;
import lowrank.io.AttentionTable;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import lowrank.store.Manifest;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/** Puts the manifest of a run together. */
record Manifests(
        Spec text,
        ReadSpec read,
        InputTable table,
        String listing,
        Precision precision,
        Layout layout,
        SparkBlocks rows,
        PassLog log,
        JavaSparkContext spark) {
    /** Keys that do not decide the result. */
    private static final List<String> WITHOUT_EFFECT =
            List.of("/read/partitions", "/read/check-ids", "/write/path", "/write/mode", "/write/codec", "/write/also");

    /** Words of {@code write.also} that do. */
    private static final List<String> COLUMNS = List.of("variance", "novelty");

    /**
     * The manifest of this run.
     *
     * @param status {@code complete} or {@code rejected}
     * @param certificate of factors, or null
     * @param findings of anything else, or null
     * @param model for rows to come, or null
     */
    Manifest of(
            String status,
            String algorithm,
            List<String> reasons,
            int rank,
            Certificate certificate,
            Findings findings,
            JsonNode model,
            Map<String, Manifest.Factor> factors) {
        return new Manifest(
                Manifest.FORMAT,
                text.job(),
                status,
                node(text),
                specDigest(text),
                new Manifest.Input(
                        qualified(read.path(), spark),
                        table.files(),
                        listing,
                        table.checksums() ? "verified" : "none",
                        crcDigest(rows.facts())),
                new Manifest.Shape(
                        table.rows(),
                        table.cols(),
                        precision.name().toLowerCase(Locale.ROOT),
                        layout.leafRows(),
                        layout.blockRows()),
                algorithm,
                reasons,
                rank,
                versions(spark, rows.kernels()),
                certificate,
                findings,
                model,
                records(log.entries()),
                factors);
    }

    /** The manifest of a job on weights, which has no rows. */
    static Manifest ofWeights(
            Spec text,
            Manifest.Input input,
            String algorithm,
            List<String> reasons,
            Manifest.Versions versions,
            Findings findings,
            Manifest.Weights weights,
            PassLog log,
            Map<String, Manifest.Factor> factors) {
        return new Manifest(
                Manifest.FORMAT,
                text.job(),
                "complete",
                node(text),
                specDigest(text),
                input,
                null,
                algorithm,
                reasons,
                0,
                versions,
                null,
                findings,
                null,
                weights,
                records(log.entries()),
                factors);
    }

    /** The manifest of a job on attention, whose rows come in groups. */
    static Manifest ofAttention(
            AttentionResult result,
            String status,
            List<AttentionHead> heads,
            Map<String, Manifest.Factor> factors,
            Collection<String> kernels) {
        AttentionTable table = result.table();
        String precision = result.spec().precision().name().toLowerCase(Locale.ROOT);
        Layout layout = Layout.of(table.rows(), table.headWidth(), 0);
        return new Manifest(
                Manifest.FORMAT,
                result.text().job(),
                status,
                node(result.text()),
                specDigest(result.text()),
                new Manifest.Input(
                        qualified(result.spec().read().path(), result.spark()),
                        table.tables().get(0).files(),
                        result.listing(),
                        table.checksums() ? "verified" : "none",
                        null),
                new Manifest.Shape(table.rows(), table.headWidth(), precision, layout.leafRows(), layout.blockRows()),
                result.spec().settings().method().word(),
                result.reasons(heads),
                heads.stream().mapToInt(AttentionHead::rank).max().orElse(0),
                versions(result.spark(), kernels),
                null,
                result.findings(heads),
                result.model(),
                null,
                records(result.log().entries()),
                new LinkedHashMap<>(factors));
    }

    /** The manifest of a model of kernels. */
    Manifest of(
            String algorithm,
            List<String> reasons,
            Findings findings,
            JsonNode model,
            Map<String, Manifest.Factor> factors) {
        return of("complete", algorithm, reasons, features(model), null, findings, model, factors);
    }

    /** The manifest of rows that a model told. */
    Manifest of(String algorithm, String reason, int width, Findings findings, Map<String, Manifest.Factor> factors) {
        return of("complete", algorithm, List.of(reason), width, null, findings, null, factors);
    }

    /** Features of a row, of all draws: fewer than asked for where directions were dropped or a tolerance was met. */
    private static int features(JsonNode model) {
        int features = 0;
        for (JsonNode size : model.at("/features/sizes")) {
            features += size.asInt();
        }
        return features;
    }

    private static List<Manifest.PassRecord> records(List<PassLog.Entry> passes) {
        return passes.stream()
                .map(p -> new Manifest.PassRecord(
                        p.label(), p.seconds(), p.rows(), p.bytes(), p.flops(), p.tasks(), p.offHeap()))
                .toList();
    }

    static Manifest.Versions versions(JavaSparkContext spark, Collection<String> kernels) {
        return new Manifest.Versions(
                Main.version(),
                spark.version(),
                Runtime.version().toString(),
                List.copyOf(kernels),
                kernels.size() == 1 ? "promised" : "not promised");
    }

    static JsonNode node(Spec text) {
        try {
            return new ObjectMapper().readTree(text.json());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the spec does not render as JSON", e);
        }
    }

    /** A path as it is from any working directory. */
    static String qualified(String path, JavaSparkContext spark) {
        Path given = new Path(path);
        return new HadoopConf(spark.hadoopConfiguration())
                .fileSystem(given)
                .makeQualified(given)
                .toString();
    }

    /** A digest of the keys that decide the result. */
    static String specDigest(Spec text) {
        ObjectNode node = (ObjectNode) node(text);
        List<String> columns = text.list("write.also").stream()
                .filter(COLUMNS::contains)
                .sorted()
                .toList();
        for (String key : WITHOUT_EFFECT) {
            int slash = key.lastIndexOf('/');
            ((ObjectNode) node.at(key.substring(0, slash))).remove(key.substring(slash + 1));
        }
        // The same formats of a result are one result; columns and tables that it would not have otherwise make
        // another.
        if (!columns.isEmpty()) {
            ((ObjectNode) node.get("write")).put("also", String.join(",", columns));
        }
        return Digests.ofText(node.toString());
    }

    /** One digest of the checksums of all blocks. */
    static String crcDigest(Facts facts) {
        return Digests.ofText(Arrays.toString(facts.crcs()));
    }
}
