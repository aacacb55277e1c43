package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.CircuitFiles;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code verify} of results of jobs on weights: it holds on what was written, and not on anything else. */
class VerifyWeightsTest extends WeightsJobCase {

    private static void holds(Path output) {
        Cli verified = Cli.run("verify", output.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
        assertThat(verified.out()).contains("with the bytes that were written").doesNotContain("NOT");
    }

    /** What is said of a result that is not what it should be. */
    private static String refused(Path output, int code) {
        Cli refused = Cli.run("verify", output.toString());
        assertThat(refused.code()).as(refused.out() + refused.err()).isEqualTo(code);
        return refused.out() + refused.message();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "factor.rank=3",
                "factor.rank=full",
                "factor.energy=0.9 write.precision=float",
                "factor.relative-error=0.3 write.codec=zstd",
                "factor.noise=gavish-donoho",
                "factor.budget=400",
                "write.factors=false",
                "factor.rank=2 read.in-out=[\"*dense*\"]",
                "factor.rank=3 read.calibration=rows",
                "factor.energy=0.7 read.calibration=rows read.held-out=others write.precision=float",
                "factor.budget=400 read.calibration=rows"
            })
    void compressHolds(String keys) throws Exception {
        List<String> all = new ArrayList<>(List.of("job=compress", "read.path=" + model("model", 1)));
        if (keys.contains("calibration")) {
            rows("rows", 1);
            rows("others", 2);
            all.add("read.exclude=[\"conv*\"]");
        }
        for (String key : keys.split(" ")) {
            all.add(key.replaceFirst("=(rows|others)$", "=" + folder + "/$1"));
        }
        holds(done("out", all.toArray(String[]::new)));
    }

    /** Numbers whose squares overflow, or vanish; and zeros. */
    @ParameterizedTest
    @ValueSource(doubles = {1e200, 1e-200, 0})
    void scalesDoNotMatter(double scale) throws Exception {
        var matrices = matrices(1);
        matrices.replaceAll((name, rows) -> {
            double[][] scaled = new double[rows.length][rows[0].length];
            for (int i = 0; i < rows.length; i++) {
                for (int j = 0; j < rows[0].length; j++) {
                    scaled[i][j] = scale * rows[i][j];
                }
            }
            return scaled;
        });
        Path model = model("model", ElementType.F64, matrices);
        Path output =
                done("out", "job=compress", "read.path=" + model, "read.exclude=[\"conv*\"]", "factor.energy=0.8");
        holds(output);
        assertThat(Cli.manifest(output).findings().measures().get(0).value()).isBetween(0.0, scale == 0 ? 0.0 : 0.5);
    }

    /** The safetensors file holds what the tables hold; it is read by a parser of this test's own. */
    @ParameterizedTest
    @ValueSource(strings = {"factor.rank=3 write.precision=float", "factor.noise=gavish-donoho", "factor.budget=300"})
    void factorsAsSafetensorsHold(String keys) throws Exception {
        Path model = model("model", 1);
        Path output = done(
                "out", ("job=compress read.path=" + model + " write.also=[safetensors,report] " + keys).split(" "));
        holds(output);
        boolean single = keys.contains("float");
        byte[] bytes = Files.readAllBytes(output.resolve("safetensors/factors.safetensors"));
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) file.getLong(0);
        JsonNode tensors = new ObjectMapper().readTree(new String(bytes, 8, header, StandardCharsets.UTF_8));
        JsonNode metadata = tensors.get("__metadata__");
        assertThat(metadata.get("source").asText()).isEqualTo(model.toString());
        JsonNode ranks = new ObjectMapper().readTree(metadata.get("ranks").asText());
        RowTable.Columns table = RowTable.read(
                new HadoopConf(new Configuration()),
                OutputFolder.read(new HadoopConf(new Configuration()), output.toString()),
                "matrices");
        int found = 0;
        for (int row = 0; row < table.texts("name").length; row++) {
            String name = table.texts("name")[row];
            if (table.whole("factored")[row] == 0) {
                assertThat(tensors.has(name + ".out_factor")).isFalse();
                continue;
            }
            found++;
            int rank = table.whole("rank")[row];
            int out = table.whole("rows")[row];
            int in = table.whole("cols")[row];
            assertThat(ranks.get(name).asInt()).isEqualTo(rank);
            double[] left = values(file, 8 + header, tensors.get(name + ".out_factor"), out, rank, single);
            double[] right = values(file, 8 + header, tensors.get(name + ".in_factor"), in, rank, single);
            double[][] w = matrices(1).get(name);
            double missed = 0;
            for (int i = 0; i < out && w != null; i++) {
                for (int j = 0; j < in; j++) {
                    double product = 0;
                    for (int k = 0; k < rank; k++) {
                        product += left[i * rank + k] * right[j * rank + k];
                    }
                    missed = Math.hypot(missed, (float) w[i][j] - product);
                }
            }
            if (w != null) {
                assertThat(missed).isCloseTo(table.numbers("delta_norm")[row], within(1e-12));
            }
        }
        assertThat(tensors.size()).isEqualTo(1 + 2 * found);
        assertThat(found).isPositive();
    }

    private static double[] values(ByteBuffer file, int from, JsonNode tensor, int rows, int cols, boolean single) {
        assertThat(tensor.get("dtype").asText()).isEqualTo(single ? "F32" : "F64");
        assertThat(tensor.get("shape").toString()).isEqualTo("[" + rows + "," + cols + "]");
        int at = from + tensor.get("data_offsets").get(0).asInt();
        double[] values = new double[rows * cols];
        for (int i = 0; i < values.length; i++) {
            values[i] = single ? file.getFloat(at + 4 * i) : file.getDouble(at + 8 * i);
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "factor.rank=2",
                "factor.rank=1 write.precision=float",
                "factor.energy=0.95",
                "factor.budget=120",
                "factor.rank=2 write.side-file=false",
                "factor.rank=8",
                "factor.rank=2 read.include=[\"*\"] factor.force=true"
            })
    void extractHolds(String keys) throws Exception {
        Path base = model("base", 1);
        Path tuned = model("tuned", ElementType.F32, tuned(1));
        holds(extracted(base, tuned, "out", keys.split(" ")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "F64", "BF16"})
    void mergeHolds(String type) throws Exception {
        Path adapter = extracted(
                model("base64", ElementType.F64, matrices(1)),
                model("tuned64", ElementType.F64, tuned(1)),
                "adapter",
                "factor.rank=2");
        Path base = model("base", ElementType.valueOf(type), matrices(1));
        String one = "\"" + adapter.resolve("adapter") + "\"";
        holds(done("one", "job=lora-merge", "read.base=" + base, "read.adapters=[" + one + "]"));
        holds(done(
                "two",
                "job=lora-merge",
                "read.base=" + base,
                "read.adapters=[" + one + "," + one + "]",
                "read.weights=[0.25,-1.5]",
                "read.side-file=" + adapter.resolve("dense.safetensors")));
        holds(done(
                "side",
                "job=lora-merge",
                "read.base=" + base,
                "read.side-file=" + adapter.resolve("dense.safetensors")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "read.weights=[1,-0.5]",
                "read.weights=[0.25,-1.5] factor.rank=2 write.precision=float",
                "factor.energy=0.9",
                "factor.ratio=0.5",
                "factor.relative-error=0.5 write.codec=zstd",
                "factor.budget=120"
            })
    void resizeHolds(String keys) throws Exception {
        Path base = model("base", 1);
        Path one = extracted(base, model("one", ElementType.F32, tuned(1)), "first", "factor.rank=2");
        Path two = extracted(base, model("two", ElementType.F32, tuned(1)), "second", "factor.rank=3");
        String adapters = "read.adapters=[\"" + one.resolve("adapter") + "\",\"" + two.resolve("adapter") + "\"]";
        holds(done("out", ("job=lora-resize " + adapters + " " + keys).split(" ")));
    }

    @Test
    void circuitsHold() throws Exception {
        holds(done("bert", "job=circuits", "read.path=" + heads("bert"), "heads.preset=bert", "heads.count=3"));
        // A head that only turns round, and one of rank 1: eigenvalues that are badly conditioned, and terms that
        // cancel.
        CircuitFiles files = CircuitFiles.bert(2, WIDTH);
        var query = files.get("bert.encoder.layer.0.attention.self.query.weight");
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < WIDTH; j++) {
                query.set(i, j, j == i ? 1 : 0);
                files.get("bert.encoder.layer.0.attention.self.key.weight").set(i, j, j == i + 1 && i < 3 ? 1 : 0);
                files.get("bert.encoder.layer.1.attention.self.value.weight").set(i, j, 1e-8 * i + 1);
            }
        }
        String path = files.write(folder.resolve("odd.safetensors"));
        holds(done("odd", "job=circuits", "read.path=" + path, "heads.preset=bert", "heads.count=3"));
        String fused = new CircuitFiles()
                .put("h.0.attn.c_attn.weight", CircuitFiles.random(8, 16, 1))
                .put("h.0.attn.c_proj.weight", CircuitFiles.random(8, 8, 2))
                .put("h.1.attn.c_attn.weight", CircuitFiles.random(8, 16, 3))
                .put("h.1.attn.c_proj.weight", CircuitFiles.random(8, 8, 4))
                .write(folder.resolve("gpt.safetensors"));
        holds(done(
                "gpt",
                "job=circuits",
                "read.path=" + fused,
                "heads.preset=gpt2",
                "heads.count=4",
                "heads.key-value-count=2"));
    }

    private Path result(String job) throws Exception {
        return result(job, 1, "");
    }

    /** A result of each job, of one of two models. */
    private Path result(String job, int seed, String name) throws Exception {
        Path base = model(name + "base", seed);
        Path tuned = model(name + "tuned", ElementType.F32, tuned(seed));
        return switch (job) {
            case "compress" ->
                done(name + job, "job=compress", "read.path=" + base, "factor.rank=3", "write.also=[safetensors]");
            case "lora-extract" -> extracted(base, tuned, name + job, "factor.rank=2");
            case "lora-merge" -> {
                Path adapter = extracted(base, tuned, name + "adapter", "factor.rank=2");
                yield done(
                        name + job,
                        "job=lora-merge",
                        "read.base=" + base,
                        "read.adapters=[\"" + adapter.resolve("adapter") + "\"]",
                        "read.side-file=" + adapter.resolve("dense.safetensors"));
            }
            case "lora-resize" -> {
                Path adapter = extracted(base, tuned, name + "adapter", "factor.rank=3");
                yield done(
                        name + job,
                        "job=lora-resize",
                        "read.adapters=[\"" + adapter.resolve("adapter") + "\"]",
                        "factor.rank=2");
            }
            default ->
                done(
                        name + job,
                        "job=circuits",
                        "read.path=" + circuits(name + "heads", seed),
                        "heads.preset=bert",
                        "heads.count=3");
        };
    }

    private String circuits(String name, int seed) throws Exception {
        CircuitFiles files = CircuitFiles.bert(2, WIDTH);
        files.get("bert.encoder.layer.1.attention.self.key.weight").set(2, 2, seed);
        return files.write(folder.resolve(name + ".safetensors"));
    }

    /** Whichever byte of whichever file changes, or goes: the file is named. */
    @ParameterizedTest
    @ValueSource(strings = {"compress", "lora-extract", "lora-merge", "lora-resize", "circuits"})
    void aChangedByteIsFoundInEveryFile(String job) throws Exception {
        Path output = result(job);
        holds(output);
        for (Manifest.Factor factor : Cli.manifest(output).factors().values()) {
            for (Manifest.Part part : factor.files()) {
                Path file = output.resolve(part.path());
                byte[] whole = Files.readAllBytes(file);
                for (int at : new int[] {3, whole.length / 2, whole.length - 6}) {
                    byte[] changed = whole.clone();
                    changed[at] ^= 4;
                    Files.write(file, changed);
                    assertThat(refused(output, 70))
                            .contains(part.path() + " does not hold the bytes that were written", "run the job again");
                }
                Files.delete(file);
                assertThat(refused(output, 70)).contains(part.path() + " is gone");
                Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 1));
                assertThat(refused(output, 70)).contains(part.path() + " has " + (whole.length - 1) + " bytes");
                Files.write(file, whole);
            }
        }
        holds(output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"compress", "lora-extract", "lora-merge", "lora-resize", "circuits"})
    void aChangedInputIsNamed(String job) throws Exception {
        Path output = result(job);
        List<String> keys = new ArrayList<>();
        Cli.manifest(output).input().sources().keySet().forEach(keys::add);
        for (String key : keys) {
            String first = key.replaceAll(", number.*", "");
            String path = Cli.manifest(output)
                    .spec()
                    .at("/" + first.replace('.', '/'))
                    .asText();
            if (path.isEmpty()) {
                path = Cli.manifest(output)
                        .spec()
                        .at("/" + first.replace('.', '/'))
                        .get(0)
                        .asText();
            }
            Path file = Files.isDirectory(Path.of(path)) ? Path.of(path, "adapter_config.json") : Path.of(path);
            FileTime time = Files.getLastModifiedTime(file);
            Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
            assertThat(refused(output, 65)).contains(key + " ", "is not what the result was made from");
            Files.setLastModifiedTime(file, time);
        }
        holds(output);
    }

    /** Says of a result of one model that it is of another: all files and digests are right, and what is measured is not. */
    @ParameterizedTest
    @ValueSource(strings = {"compress", "lora-extract", "lora-merge", "lora-resize", "circuits"})
    void aResultOfAnotherModelDoesNotHold(String job) throws Exception {
        Path right = result(job);
        Path other = result(job, 2, "other");
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode manifest =
                (ObjectNode) mapper.readTree(other.resolve("factorization.json").toFile());
        ObjectNode of =
                (ObjectNode) mapper.readTree(right.resolve("factorization.json").toFile());
        manifest.set("input", of.get("input"));
        manifest.set("spec", of.get("spec"));
        mapper.writeValue(other.resolve("factorization.json").toFile(), manifest);
        assertThat(refused(other, 70)).contains("does NOT hold", "does not hold; run the job again");
    }

    /** What the manifest says of all matrices together is measured too. */
    @ParameterizedTest
    @ValueSource(strings = {"compress", "lora-extract", "lora-merge", "lora-resize"})
    void otherClaimsDoNotHold(String job) throws Exception {
        Path output = result(job);
        Path manifest = output.resolve("factorization.json");
        String text = Files.readString(manifest);
        for (lowrank.certify.Measure measure : Cli.manifest(output).findings().measures()) {
            String edited = text.replaceFirst(
                    "(\"name\" : \"" + measure.name() + "\",\\s+\"value\" : )"
                            + Pattern.quote(String.valueOf(measure.value())),
                    "$1" + (measure.value() * 0.999 - 1e-3));
            assertThat(edited).as(measure.name()).isNotEqualTo(text);
            Files.writeString(manifest, edited);
            assertThat(refused(output, 70)).contains(measure.name(), "does NOT hold");
        }
        Files.writeString(manifest, text);
        holds(output);
    }
}
