package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lowrank.io.checkpoint.ElementType;
import lowrank.weights.MadeModel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What jobs on weights cannot do: the exit code, one sentence that names the place, and nothing visible afterwards. */
class BadWeightsJobTest extends WeightsJobCase {
    private static final String CONFIG =
            "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 2, \"target_modules\": [\"layer.0.query\"]}";

    @BeforeEach
    void makeInputs() throws Exception {
        model("model", 1);
        model("tuned", ElementType.F32, tuned(1));
        model("stranger", 9);
        Files.createDirectories(folder.resolve("nothing"));
        Map<String, double[][]> changed = new LinkedHashMap<>(matrices(1));
        changed.put("layer.0.query.weight", one(changed.get("layer.0.query.weight"), Double.NaN));
        model("nan", ElementType.F32, changed);
        changed.put("layer.0.query.weight", one(matrices(1).get("layer.0.query.weight"), Double.NEGATIVE_INFINITY));
        model("infinite", ElementType.F64, changed);
        changed.put("layer.0.query.weight", new double[16][8]);
        model("narrow", ElementType.F32, changed);
        changed.remove("layer.0.query.weight");
        model("lacking", ElementType.F32, changed);
        new MadeModel()
                .add("bias", ElementType.F32, new double[3], 3)
                .write(folder.resolve("vectors/model.safetensors"));
        for (String name : List.of("../../rows", "*.weight")) {
            new MadeModel()
                    .add(name, ElementType.F32, MadeModel.gaussian(new Random(2), 16, 16, 1))
                    .write(folder.resolve(name.startsWith(".") ? "escaping" : "starred")
                            .resolve("model.safetensors"));
        }
        new MadeModel()
                .add("big.weight", ElementType.F64, MadeModel.gaussian(new Random(4), 16, 16, 4e307))
                .write(folder.resolve("huge/model.safetensors"));
        Files.createFile(Files.createDirectories(folder.resolve("others")).resolve("layer.0.query.weight.parquet"));
        Files.createSymbolicLink(folder.resolve("alias"), folder.resolve("model"));
        new MadeModel()
                .add("none.weight", ElementType.F32, new double[0], 0, 4)
                .write(folder.resolve("empty/model.safetensors"));
        new MadeModel()
                .add("words", ElementType.I64, new double[6], 2, 3)
                .write(folder.resolve("whole/model.safetensors"));
        byte[] bytes = Files.readAllBytes(folder.resolve("model/model.safetensors"));
        Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(bytes, bytes.length - 5));
        Files.write(folder.resolve("pickle.bin"), new byte[] {(byte) 0x80, 2, 0, 0, 0});
        Files.write(folder.resolve("disguised.safetensors"), new byte[] {(byte) 0x80, 2, 0, 0, 0, 0, 0, 0, 0, 0});
        Files.writeString(folder.resolve("model.gguf"), "GGUF and more");
        Files.writeString(folder.resolve("notes.txt"), "no model at all");
        Files.writeString(folder.resolve("text.safetensors"), "no model at all, though it is called so");
        adapter("adapter", CONFIG, "layer.0.query", 16, 16, 2);
        adapter("absent", CONFIG, "layer.7.query", 16, 16, 2);
        adapter("wide", CONFIG, "layer.0.query", 16, 20, 2);
        adapter("ranks", CONFIG, "layer.0.query", 16, 16, 3);
        adapter("json", "{\"peft_type\": \"LORA\",", "layer.0.query", 16, 16, 2);
        adapter("twice", "{\"r\": 2, \"r\": 3}", "layer.0.query", 16, 16, 2);
        adapter("loha", CONFIG.replace("LORA", "LOHA"), "layer.0.query", 16, 16, 2);
        adapter("norank", CONFIG.replace("\"r\": 2", "\"r\": 0"), "layer.0.query", 16, 16, 2);
        adapter("dora", CONFIG.replace("\"r\"", "\"use_dora\": true, \"r\""), "layer.0.query", 16, 16, 2);
        adapter("listed", CONFIG.replace("\"r\"", "\"alpha_pattern\": [4], \"r\""), "layer.0.query", 16, 16, 2);
        adapter(
                "regex",
                CONFIG.replace("\"r\"", "\"rank_pattern\": {\"(query\": 3}, \"r\""),
                "layer.0.query",
                16,
                16,
                2);
        adapter("half", CONFIG, "layer.0.query", 16, 16, 2);
        new MadeModel()
                .add("base_model.model.layer.0.query.lora_A.weight", ElementType.F32, new double[32], 2, 16)
                .write(folder.resolve("half/adapter_model.safetensors"));
        adapter("pickled", CONFIG, "layer.0.query", 16, 16, 2);
        Files.move(folder.resolve("pickled/adapter_model.safetensors"), folder.resolve("pickled/adapter_model.bin"));
        adapter("tensorless", CONFIG, "layer.0.query", 16, 16, 2);
        Files.delete(folder.resolve("tensorless/adapter_model.safetensors"));
        adapter("settingless", CONFIG, "layer.0.query", 16, 16, 2);
        Files.delete(folder.resolve("settingless/adapter_config.json"));
        new MadeModel()
                .add("layer.0.query.weight", ElementType.F32, new double[12], 3, 4)
                .write(folder.resolve("side.safetensors"));
        new MadeModel()
                .add("strange", ElementType.F32, new double[12], 3, 4)
                .write(folder.resolve("strange.safetensors"));
        heads("heads");
    }

    private static double[][] one(double[][] rows, double value) {
        rows[3][2] = value;
        return rows;
    }

    private void adapter(String name, String config, String module, int out, int in, int rank) throws Exception {
        Random random = new Random(3);
        String prefix = "base_model.model." + module;
        new MadeModel()
                .add(prefix + ".lora_A.weight", ElementType.F32, MadeModel.gaussian(random, rank, in, 1))
                .add(prefix + ".lora_B.weight", ElementType.F32, MadeModel.gaussian(random, out, rank, 1))
                .write(folder.resolve(name + "/adapter_model.safetensors"));
        Files.writeString(folder.resolve(name + "/adapter_config.json"), config);
    }

    private void assertFails(String keys, int code, String... places) throws Exception {
        String[] all = Arrays.stream(keys.split(" "))
                .map(key -> key.replace("@", folder + "/"))
                .toArray(String[]::new);
        Cli cli = run("bad-out", all);
        assertThat(cli.code()).as(cli.out() + cli.err()).isEqualTo(code);
        assertThat(cli.message()).contains(places).doesNotContain("Exception", "\tat ");
        assertThat(cli.lastLine()).isEqualTo("LOWRANK RESULT status=failed code=" + code + " output=-");
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString()))
                    .noneMatch(name -> name.startsWith(".") || name.startsWith("bad-out"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // What there is to read.
                "read.path=@gone.safetensors|66|gone.safetensors does not exist",
                "read.path=@nothing|66|nothing holds no checkpoint;.safetensors",
                "read.path=@notes.txt|65|notes.txt is no checkpoint that is read",
                "read.path=@text.safetensors|74|text.safetensors",
                "read.path=@cut.safetensors|74|cut.safetensors",
                "read.path=@pickle.bin|65|pickle.bin is a Python pickle",
                "read.path=@disguised.safetensors|65|disguised.safetensors is a Python pickle",
                "read.path=@model.gguf|65|model.gguf is a GGUF file",
                "read.path=@vectors|64|none of the 1 tensors;vectors;bias",
                "read.path=@empty|64|none of the 1 tensors;empty;none.weight",
                "read.path=@whole|64|none of the 1 tensors;whole;words",
                "read.path=@nan|65|nan/model.safetensors: layer.0.query.weight;row 3, column 2",
                "read.path=@infinite|65|infinite/model.safetensors: layer.0.query.weight;row 3, column 2",
                "read.path=@huge|70|the norm of big.weight is beyond the largest double",
                "read.path=@huge write.factors=false|70|the norm of big.weight is beyond the largest double",
                "read.path=@huge factor.task-entries=10|70|the norm of big.weight is beyond the largest double",
                "read.path=@nan write.factors=false|65|nan/model.safetensors: layer.0.query.weight;row 3, column 2",
                "read.path=@nan factor.budget=300|65|nan/model.safetensors: layer.0.query.weight;row 3, column 2",
                // Which matrices.
                "read.path=@model read.include=[\"encoder.*\"]|64|read.include encoder.* matches none of the 7 tensors",
                "read.path=@model read.include=[\"layer.*\"] read.exclude=[\"*\"]|64|read.include;read.exclude;is a matrix",
                "read.path=@model read.include=[\"*.bias\"]|64|none of the 7 tensors",
                // How many components.
                "read.path=@model factor.rank=0|64|factor.rank must be a whole number of at least 1",
                "read.path=@model factor.rank=-4|64|factor.rank must be;not -4",
                "read.path=@model factor.rank=3.5|64|factor.rank must be;not 3.5",
                "read.path=@model factor.energy=0|64|factor.energy is a share",
                "read.path=@model factor.energy=1.01|64|factor.energy is a share",
                "read.path=@model factor.energy=most|64|factor.energy must be a number, not most",
                "read.path=@model factor.relative-error=1|64|factor.relative-error is a part of the norm",
                "read.path=@model factor.relative-error=-0.1|64|factor.relative-error is a part of the norm",
                "read.path=@model factor.noise=gaussian|64|factor.noise must be gavish-donoho or marchenko-pastur",
                "read.path=@model factor.budget=0|64|factor.budget must be a whole number of parameters",
                "read.path=@model factor.budget=10.5|64|factor.budget must be a whole number of parameters",
                "read.path=@model factor.budget=5|64|factor.budget = 5;one component of any matrix;conv.weight takes 29 numbers",
                "read.path=@model factor.rank=3 factor.energy=0.5|64|factor.rank and factor.energy exclude each other",
                // Keys of other jobs, and of no job.
                "read.path=@model factor.ranks=3|64|factor.ranks;factor.rank",
                "read.path=@model read.base=@model|64|read.base does not apply to job = compress",
                "read.path=@model heads.preset=bert|64|heads.preset does not apply",
                "read.path=@model read.format=csv|64|read.format does not apply",
                "read.path=@model write.side-file=true|64|write.side-file does not apply",
                "read.path=@model write.factors=maybe|64|write.factors must be true or false",
                "read.path=@model write.factors=false factor.rank=3|64|factor.rank does not apply",
                "read.path=@model write.factors=false write.also=[safetensors]|64|write.also = safetensors;write.factors",
                "read.path=@model write.also=[npy]|64|write.also",
                "read.path=@model write.codec=gzip|64|write.codec must be",
                "read.path=@model write.precision=half|64|write.precision must be double or float",
                "read.path=@model read.held-out=@rows|64|read.held-out does not apply",
                "read.include=[\"*\"]|64|read.path is not set",
                "read.path=@model read.include=[[a]]|64|read.include must be a list",
                "read.path=@model read.include=[null]|64|read.include must be a list",
                "read.path=@model read.include={}|64|read.include must be a list",
                "read.path=@model read.in-out=[\"lyer*\"]|64|read.in-out lyer* matches none of the 7 tensors",
                "read.path=@model write.factors=false write.precision=float|64|write.precision does not apply",
                "read.path=@model factor.budget=1e20|64|factor.budget must be;at most 2^63",
                // Rows that go in.
                "read.path=@model read.calibration=@gone|66|read.calibration;gone does not exist",
                "read.path=@model read.calibration=@nothing|66|read.calibration;nothing holds no input file",
                "read.path=@model read.calibration=@others read.held-out=@gone|66|read.held-out;gone does not exist",
                "read.path=@model read.exclude=[\"*query*\"] read.calibration=@others|66|no rows that go into layer.0.dense.weight;others/layer.0.dense.weight.parquet does not exist",
                "read.path=@escaping read.calibration=@others|65|../../rows leads out of;others;read.exclude",
                "read.path=@starred read.calibration=@others|66|no rows that go into *.weight",
                // Where the result goes.
                "read.path=@model write.path=@model/out|64|write.path;read.path;one inside the other",
                "read.path=@model write.path=@alias/out|64|write.path;read.path;one inside the other",
                "read.path=@alias write.path=@model|64|write.path;read.path;one inside the other",
                "read.path=@model/model.safetensors write.path=@model|64|write.path;read.path;one inside the other"
            })
    void compress(String keys, int code, String places) throws Exception {
        assertFails("job=compress " + keys, code, places.split(";"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read.base=@model|64|read.tuned is not set",
                "read.tuned=@tuned|64|read.base is not set",
                "read.base=@gone read.tuned=@tuned|66|gone does not exist",
                "read.base=@model read.tuned=@gone|66|gone does not exist",
                "read.base=@pickle.bin read.tuned=@tuned|65|pickle.bin is a Python pickle",
                "read.base=@stranger read.tuned=@tuned|65|was not tuned from;read.base",
                "read.base=@model read.tuned=@nan|65|nan/model.safetensors: layer.0.query.weight;row 3, column 2",
                "read.base=@nan read.tuned=@tuned|65|nan/model.safetensors: layer.0.query.weight;row 3, column 2",
                "read.base=@narrow read.tuned=@tuned|65|layer.0.query.weight is [16, 16];another shape;read.exclude",
                "read.base=@lacking read.tuned=@tuned|65|layer.0.query.weight;does not;read.exclude",
                "read.base=@model read.tuned=@lacking|65|layer.0.query.weight;does not;read.exclude",
                "read.base=@model read.tuned=@model|70|no matrix is left for an adapter",
                "read.base=@model read.tuned=@tuned factor.rank=15|70|no matrix is left for an adapter;lower rank",
                "read.base=@model read.tuned=@tuned factor.rank=0|64|factor.rank must be",
                "read.base=@model read.tuned=@tuned factor.energy=2|64|factor.energy is a share",
                "read.base=@model read.tuned=@tuned read.include=[\"nothing*\"]|64|read.include nothing* matches none",
                "read.base=@vectors read.tuned=@vectors|64|none of the 1 tensors",
                "read.base=@model read.tuned=@tuned read.path=@model|64|read.path does not apply",
                "read.base=@model read.tuned=@tuned factor.force=perhaps|64|factor.force must be true or false",
                "read.base=@model read.tuned=@tuned write.also=[safetensors]|64|write.also",
                "read.base=@model read.tuned=@tuned write.path=@tuned/out|64|write.path;read.tuned;one inside the other"
            })
    void extract(String keys, int code, String places) throws Exception {
        assertFails("job=lora-extract " + keys, code, places.split(";"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read.adapters=[\"@adapter\"]|64|read.base is not set",
                "read.base=@gone read.adapters=[\"@adapter\"]|66|gone does not exist",
                "read.base=@model read.adapters=[\"@nothing\"]|66|nothing/adapter_config.json is not there",
                "read.base=@model read.adapters=[\"@tensorless\"]|66|tensorless/adapter_model.safetensors",
                "read.base=@model read.adapters=[\"@settingless\"]|66|settingless/adapter_config.json is not there",
                "read.base=@model read.adapters=[\"@absent\"]|65|absent adds to layer.7.query;does not have",
                "read.base=@model read.adapters=[\"@wide\"]|65|layer.0.query is [16, 16];16 x 20",
                "read.base=@model read.adapters=[\"@ranks\"]|65|ranks/adapter_model.safetensors;layer.0.query;says rank 2",
                "read.base=@model read.adapters=[\"@json\"]|74|json/adapter_config.json is not JSON",
                "read.base=@model read.adapters=[\"@twice\"]|74|twice/adapter_config.json;keys are unique",
                "read.base=@model read.adapters=[\"@loha\"]|65|loha/adapter_config.json;type LOHA",
                "read.base=@model read.adapters=[\"@norank\"]|65|norank/adapter_config.json;usable number for r",
                "read.base=@model read.adapters=[\"@dora\"]|65|dora/adapter_config.json sets use_dora",
                "read.base=@model read.adapters=[\"@listed\"]|65|listed/adapter_config.json;usable number for alpha_pattern",
                "read.base=@model read.adapters=[\"@regex\"]|65|(query is no regular expression",
                "read.base=@model read.adapters=[\"@half\"]|65|half/adapter_model.safetensors;only one factor of layer.0.query",
                "read.base=@model read.adapters=[\"@pickled\"]|65|pickled/adapter_model.bin is a pickle file",
                "read.base=@nan read.adapters=[\"@adapter\"]|65|nan/model.safetensors: layer.0.query.weight;row 3, column 2",
                "read.base=@model read.adapters=[\"@adapter\"] read.weights=[1,2]|64|read.weights has 2 numbers for 1",
                "read.base=@model read.adapters=[\"@adapter\"] read.weights=[null]|64|read.weights must be a list",
                "read.base=@model read.adapters=[\"@adapter\"] read.weights=[nan]|64|read.weights must be;not nan",
                "read.base=@model read.adapters=[\"@adapter\"] read.weights=[1e300]|70|layer.0.query.weight is beyond the range of F32",
                "read.base=@model read.adapters=[\"@adapter\"] read.side-file=@side.safetensors|65|side.safetensors;layer.0.query.weight;[16, 16]",
                "read.base=@model read.side-file=@strange.safetensors|65|strange.safetensors holds strange;does not have",
                "read.base=@model read.side-file=@gone.safetensors|66|gone.safetensors does not exist",
                "read.base=@model read.adapters=[\"@adapter\"] factor.rank=3|64|factor.rank does not apply",
                "read.base=@model read.adapters=[\"@adapter\"] read.include=[\"x\"]|64|read.include does not apply",
                "read.base=@model read.adapters=[\"@adapter\"] write.path=@adapter/out|64|write.path;read.adapters, number 1;one inside the other"
            })
    void merge(String keys, int code, String places) throws Exception {
        assertFails("job=lora-merge " + keys, code, places.split(";"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "heads.preset=bert heads.count=3|64|read.path is not set",
                "read.path=@gone.safetensors heads.preset=bert heads.count=3|66|gone.safetensors does not exist",
                "read.path=@heads.safetensors heads.preset=t5 heads.count=3|64|heads.preset must be bert or gpt2 or llama",
                "read.path=@heads.safetensors heads.preset=bert heads.count=0|64|heads.count must be",
                "read.path=@heads.safetensors heads.preset=bert heads.count=many|64|heads.count must be a whole number of at least 1, not many",
                "read.path=@heads.safetensors heads.preset=bert heads.count=3 write.precision=float|64|write.precision does not apply",
                "read.path=@heads.safetensors heads.preset=bert heads.count=3 heads.key-value-count=2|65|3 heads cannot share 2",
                "read.path=@heads.safetensors heads.preset=bert heads.count=3 heads.query=x|64|heads.query does not apply",
                "read.path=@heads.safetensors heads.count=3 heads.query=q heads.key=k heads.value=v heads.output=o|64|the pattern q;{layer}",
                "read.path=@heads.safetensors heads.count=3 heads.query=\"{layer}q\" heads.key=\"{layer}q\" heads.value=\"{layer}v\" heads.output=\"{layer}o\"|64|are the same",
                "read.path=@model heads.preset=llama heads.count=4|64|none of the;self_attn.q_proj;heads.preset",
                "read.path=@heads.safetensors heads.preset=bert heads.count=3 read.include=[\"*.7.*\"]|64|read.include *.7.* matches none",
                "read.path=@heads.safetensors heads.preset=bert heads.count=3 read.exclude=[\"*.1.attention.self.key*\"]|65|layer.1.attention.self.key.weight;read.exclude",
                "read.path=@heads.safetensors heads.preset=bert heads.count=3 factor.rank=3|64|factor.rank does not apply",
                "read.path=@vectors heads.preset=bert heads.count=3|64|none of the 1 tensors"
            })
    void circuits(String keys, int code, String places) throws Exception {
        assertFails("job=circuits " + keys, code, places.split(";"));
    }

    @Test
    void rowsOfAnotherWidthAreNamed() throws Exception {
        Path rows = rows("rows", 1);
        rows(rows.resolve("layer.0.dense.weight.parquet"), "[1::double, 2::double]", 5);
        assertFails(
                "job=compress read.path=@model read.exclude=[\"conv*\"] read.calibration=@rows",
                65,
                "layer.0.dense.weight.parquet has rows of 2 values, where layer.0.dense.weight takes 16");
        rows(rows.resolve("layer.0.dense.weight.parquet"), "list_transform(range(16), lambda x: 'nan'::double)", 5);
        assertFails(
                "job=compress read.path=@model read.exclude=[\"conv*\"] read.calibration=@rows",
                65,
                "layer.0.dense.weight");
        assertFails(
                "job=compress read.path=@model read.exclude=[\"conv*\"] read.calibration=@rows read.vector=x",
                65,
                ".parquet has no column x");
    }

    @Test
    void aResultThatIsThereStays() throws Exception {
        List<String> jobs = List.of(
                "job=compress read.path=@model factor.rank=2",
                "job=lora-extract read.base=@model read.tuned=@tuned read.include=[\"layer.*\"] factor.rank=2",
                "job=lora-merge read.base=@model read.adapters=[\"@adapter\"]",
                "job=circuits read.path=@heads.safetensors heads.preset=bert heads.count=3");
        for (int i = 0; i < jobs.size(); i++) {
            String[] keys = Arrays.stream(jobs.get(i).split(" "))
                    .map(key -> key.replace("@", folder + "/"))
                    .toArray(String[]::new);
            Path output = done("out" + i, keys);
            String before = Files.readString(output.resolve("factorization.json"));
            Cli again = run("out" + i, keys);
            assertThat(again.code()).as(again.err()).isEqualTo(73);
            assertThat(again.message()).contains("write.path", "out" + i + " holds a result already", "write.mode");
            assertThat(Files.readString(output.resolve("factorization.json"))).isEqualTo(before);
            Cli converted = Cli.run("convert", output.toString(), "--to", "npy");
            assertThat(converted.code()).isEqualTo(65);
            assertThat(converted.message()).contains("out" + i + " holds what job = ", "are not converted");
        }
        Files.createDirectories(folder.resolve("mine"));
        Files.writeString(folder.resolve("mine/letter.txt"), "dear");
        Cli mine = run("mine", "job=compress", "read.path=" + folder.resolve("model"), "write.mode=replace");
        assertThat(mine.code()).isEqualTo(73);
        assertThat(mine.message()).contains("mine exists and is not a lowrank result");
        assertThat(folder.resolve("mine/letter.txt")).hasContent("dear");
    }
}
