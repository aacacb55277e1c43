package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.NumpyCopy;
import lowrank.linalg.Matrix;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.CircuitFiles;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a model stored as .npz, in every order and compression, every job gives the bits that it gives of the same model as safetensors. */
class NumpyJobTest {
    private static final int WIDTH = 12;
    private static final HadoopConf CONF = new HadoopConf(new Configuration());

    @TempDir
    private Path folder;

    private Path base;
    private Path tuned;
    private Path npzBase;
    private Path npzTuned;

    @BeforeEach
    void models() throws IOException {
        CircuitFiles files = CircuitFiles.bert(2, WIDTH);
        base = Path.of(files.write(folder.resolve("base.safetensors")));
        for (int layer = 0; layer < 2; layer++) {
            String name = "bert.encoder.layer." + layer + ".attention.self.value.weight";
            Matrix change =
                    CircuitFiles.random(WIDTH, 1, 70 + layer).timesTranspose(CircuitFiles.random(WIDTH, 1, 80 + layer));
            double[] small = new double[WIDTH];
            java.util.Arrays.fill(small, 0.01);
            files.put(name, files.get(name).plus(change.scaleColumns(small)));
        }
        tuned = Path.of(files.write(folder.resolve("tuned.safetensors")));
        npzBase = NumpyCopy.npz(base, folder.resolve("base.npz"));
        npzTuned = NumpyCopy.npz(tuned, folder.resolve("tuned.npz"));
    }

    private OutputFolder.Result run(String output, String... pairs) throws IOException {
        Cli cli = job(output, pairs);
        assertThat(cli.code()).as(cli.err()).isZero();
        return OutputFolder.read(CONF, folder.resolve(output).toString());
    }

    private Cli job(String output, String... pairs) throws IOException {
        List<String> all = new ArrayList<>(List.of(pairs));
        all.add("write.path=" + folder.resolve(output));
        return Cli.job(folder, all.toArray(String[]::new));
    }

    private static double[] numbers(OutputFolder.Result result, String table, String column) {
        return RowTable.read(CONF, result, table).numbers(column);
    }

    @Test
    void compress() throws IOException {
        OutputFolder.Result one = run("a", "job=compress", "read.path=" + base, "factor.rank=3");
        OutputFolder.Result other = run("b", "job=compress", "read.path=" + npzBase, "factor.rank=3");
        assertThat(numbers(other, "spectra", "value"))
                .hasSizeGreaterThan(8 * WIDTH)
                .isEqualTo(numbers(one, "spectra", "value"));
        assertThat(numbers(other, "matrices", "relative_error")).isEqualTo(numbers(one, "matrices", "relative_error"));
        assertThat(RowTable.read(CONF, other, "matrices").texts("name"))
                .isEqualTo(RowTable.read(CONF, one, "matrices").texts("name"));
    }

    /** Spectra alone are of W or of W^T, by what the model does with it and not by the order of the file. */
    @Test
    void spectraAlone() throws IOException {
        for (String turned : List.of("[]", "[\"*value*\", \"*query*\", \"*intermediate*\"]")) {
            String[] keys = {"job=compress", "write.factors=false", "write.mode=replace", "read.in-out=" + turned};
            OutputFolder.Result one = run("a", keys[0], keys[1], keys[2], keys[3], "read.path=" + base);
            OutputFolder.Result other = run("b", keys[0], keys[1], keys[2], keys[3], "read.path=" + npzBase);
            assertThat(numbers(other, "spectra", "value"))
                    .hasSizeGreaterThan(8 * WIDTH)
                    .isEqualTo(numbers(one, "spectra", "value"));
        }
    }

    @Test
    void circuits() throws IOException {
        String[] heads = {"job=circuits", "heads.preset=bert", "heads.count=3"};
        OutputFolder.Result one = run("a", heads[0], heads[1], heads[2], "read.path=" + base);
        OutputFolder.Result other = run("b", heads[0], heads[1], heads[2], "read.path=" + npzBase);
        for (String column : List.of("s1", "norm", "copy_score")) {
            assertThat(numbers(other, "heads", column)).hasSize(2 * 3 * 2).isEqualTo(numbers(one, "heads", column));
        }
        assertThat(numbers(other, "composition", "score")).isEqualTo(numbers(one, "composition", "score"));
    }

    @Test
    void loraExtract() throws IOException {
        run("a", "job=lora-extract", "read.base=" + base, "read.tuned=" + tuned, "factor.rank=2");
        run("b", "job=lora-extract", "read.base=" + npzBase, "read.tuned=" + npzTuned, "factor.rank=2");
        run("c", "job=lora-extract", "read.base=" + npzBase, "read.tuned=" + tuned, "factor.rank=2");
        Path adapter = Path.of("adapter/adapter_model.safetensors");
        byte[] expected = Files.readAllBytes(folder.resolve("a").resolve(adapter));
        assertThat(expected.length).isGreaterThan(2 * 2 * 2 * WIDTH * Float.BYTES);
        assertThat(folder.resolve("b").resolve(adapter)).hasBinaryContent(expected);
        assertThat(folder.resolve("c").resolve(adapter)).hasBinaryContent(expected);
    }

    /** As TensorFlow bundles are: an archive has checksums of its own, and no other writer in this program. */
    @Test
    void loraMergeReadsButDoesNotWriteIt() throws IOException {
        Cli cli = job("a", "job=lora-merge", "read.base=" + npzBase, "read.side-file=" + npzTuned);
        assertThat(cli.code()).isEqualTo(64);
        assertThat(cli.message()).contains("base.npz is NumPy's, which is read and not written", "save_file");
        assertThat(folder.resolve("a")).doesNotExist();

        run("b", "job=lora-merge", "read.base=" + base, "read.side-file=" + npzTuned);
        try (var files = Files.walk(folder.resolve("b"))) {
            Path merged = files.filter(file -> file.toString().endsWith("base.safetensors"))
                    .findFirst()
                    .orElseThrow();
            assertThat(merged).hasSameBinaryContentAs(tuned);
        }
    }

    @Test
    void aDamagedArchiveIsExit74AndNamesTheTensor() throws IOException {
        byte[] bytes = Files.readAllBytes(npzBase);
        bytes[300] ^= 1; // a value of the first tensor, which is stored as it is
        Files.write(npzBase, bytes);
        Cli cli = job("a", "job=compress", "read.path=" + npzBase, "factor.rank=3");
        assertThat(cli.code()).isEqualTo(74);
        assertThat(cli.message())
                .contains("base.npz holds bert.encoder.layer.0.attention.self.query.weight, which does not fit its");
    }
}
