package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.OnnxModel.CONF;
import static lowrank.io.checkpoint.OnnxModel.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lowrank.blocks.DataException;
import lowrank.io.StoredFile;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies hold the new numbers where they should, and everything else as it was. */
final class PatchedCopyTest {
    private static final PatchedCopy.Values NONE = (tensor, first, tile, count) -> {
        throw new AssertionError("no values are asked for");
    };

    @TempDir
    Path folder;

    private Path out;

    @BeforeEach
    void makeFolder() throws IOException {
        out = Files.createDirectory(folder.resolve("out"));
    }

    private List<StoredTensor> model() throws IOException {
        return new OnnxModel()
                .tensor(OnnxModel.floats("a", 3, 70_001)) // of several pieces
                .tensor(OnnxModel.floats("b", 2, 2))
                .tensor(tensor("half", 10, 3).bytes(9, new byte[6]))
                .tensor(tensor("brain", 16, 2).bytes(9, new byte[4]))
                .tensor(tensor("double", 11, 2).bytes(10, new byte[16]))
                .tensor(tensor("whole", 7, 1).bytes(9, new byte[8]))
                .read(folder);
    }

    private PatchedCopy.Written copy(List<StoredTensor> replaced, PatchedCopy.Values values) {
        StoredFile source = StoredFile.look(CONF, folder.resolve("model.onnx").toString());
        return PatchedCopy.file(
                CONF, source, replaced, values, out.resolve("model.onnx").toString());
    }

    private List<StoredTensor> written() {
        return Onnx.read(CONF, StoredFile.look(CONF, out.resolve("model.onnx").toString()));
    }

    @Test
    void withNothingReplacedTheCopyIsTheFile() throws IOException {
        model();
        PatchedCopy.Written written = copy(List.of(), NONE);
        byte[] bytes = Files.readAllBytes(out.resolve("model.onnx"));
        assertThat(bytes).isEqualTo(Files.readAllBytes(folder.resolve("model.onnx")));
        assertThat(written.bytes()).isEqualTo(bytes.length);
        assertThat(written.sha256()).isEqualTo(StoredFile.sha256(ByteBuffer.wrap(bytes)));
    }

    @Test
    void newNumbersLieWhereTheOldOnesDid() throws IOException {
        List<StoredTensor> tensors = model();
        // In another order than that of the file.
        List<StoredTensor> replaced = List.of(tensors.get(4), tensors.get(2), tensors.get(3), tensors.get(0));
        PatchedCopy.Written written = copy(replaced, (tensor, first, tile, count) -> {
            for (int i = 0; i < count; i++) {
                tile[i] = -1 - (first + i);
            }
        });
        List<StoredTensor> after = written();
        for (int t = 0; t < tensors.size(); t++) {
            double[] expected = TensorReader.all(CONF, tensors.get(t));
            if (replaced.contains(tensors.get(t))) {
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = -1 - i;
                }
            }
            assertThat(after.get(t).offset()).isEqualTo(tensors.get(t).offset());
            assertThat(TensorReader.all(CONF, after.get(t)))
                    .as(tensors.get(t).name())
                    .isEqualTo(expected);
        }
        byte[] bytes = Files.readAllBytes(out.resolve("model.onnx"));
        assertThat(bytes).hasSize((int) Files.size(folder.resolve("model.onnx")));
        assertThat(written.sha256()).isEqualTo(StoredFile.sha256(ByteBuffer.wrap(bytes)));
    }

    @Test
    void theSameNumbersMakeTheSameFile() throws IOException {
        List<StoredTensor> tensors = model();
        List<StoredTensor> replaced = tensors.subList(0, 5);
        copy(replaced, PatchedCopyTest::same);
        assertThat(out.resolve("model.onnx")).hasSameBinaryContentAs(folder.resolve("model.onnx"));
    }

    static void same(StoredTensor tensor, long first, double[] tile, int count) {
        try (TensorReader reader = TensorReader.open(CONF, tensor)) {
            reader.visit(first, count, (at, some, n) -> System.arraycopy(some, 0, tile, (int) (at - first), n));
        }
    }

    @Test
    void filesOfValuesAreCopiedAndPatchedToo() throws IOException {
        Files.write(folder.resolve("weights.bin"), Proto.floats(9, 1, 2, 3, 4, 8));
        List<StoredTensor> tensors = new OnnxModel()
                .tensor(OnnxTest.external(tensor("w", 1, 2, 2), "location", "weights.bin", "offset", "4"))
                .tensor(OnnxModel.floats("b", 2, 2))
                .read(folder);
        List<StoredFile> files = List.of(tensors.get(1).file(), tensors.get(0).file());
        List<PatchedCopy.Written> written = PatchedCopy.folder(
                CONF,
                files,
                tensors,
                (tensor, first, tile, count) -> {
                    for (int i = 0; i < count; i++) {
                        tile[i] = 100 * (tensor.name().equals("w") ? 1 : 2) + first + i;
                    }
                },
                out.toString());
        assertThat(written)
                .extracting(file -> Path.of(file.path()).getFileName().toString())
                .containsExactly("model.onnx", "weights.bin");
        List<StoredTensor> after = written();
        assertThat(TensorReader.all(CONF, after.get(0))).containsExactly(100, 101, 102, 103);
        assertThat(TensorReader.all(CONF, after.get(1))).containsExactly(200, 201, 202, 203);
        assertThat(Files.readAllBytes(out.resolve("weights.bin"))).isEqualTo(Proto.floats(9, 100, 101, 102, 103, 8));
        assertThatThrownBy(() -> PatchedCopy.folder(
                        CONF,
                        files.subList(0, 1),
                        tensors,
                        NONE,
                        folder.resolve("x").toString()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weights.bin");
    }

    @Test
    void numbersAreRoundedOnceToTheNearest() throws IOException {
        List<StoredTensor> tensors = model();
        // Half way between two halves and a little above: rounding to float first would lose the little.
        double above = 1 + 0x1p-11 + 0x1p-40;
        copy(List.of(tensors.get(2)), (tensor, first, tile, count) -> Arrays.fill(tile, 0, count, above));
        assertThat(TensorReader.all(CONF, written().get(2))).containsOnly(1 + 0x1p-10);
    }

    @Test
    void whatCannotBeReplacedIsNamedAndNothingIsLeft() throws IOException {
        List<StoredTensor> tensors = model();
        assertThatThrownBy(() -> copy(List.of(tensors.get(5)), NONE))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("whole");
        StoredTensor quantised = new OnnxModel()
                .tensor(tensor("x_quantized", 3, 1).bytes(9, (byte) 1))
                .tensor(tensor("x_scale", 1).bytes(9, Proto.floats(1)))
                .read(folder)
                .get(0);
        assertThatThrownBy(() -> copy(List.of(quantised), NONE))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("quantised");
        List<StoredTensor> again = model();
        assertThatThrownBy(() -> copy(List.of(again.get(2)), (tensor, first, tile, count) -> tile[1] = 65_520))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("half");
        assertThatThrownBy(() -> copy(List.of(again.get(1)), (tensor, first, tile, count) -> tile[1] = Double.NaN))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("not a finite number");
        assertThat(out).isEmptyDirectory();
    }

    @Test
    void whatIsThereIsNotWrittenOver() throws IOException {
        model();
        Files.writeString(out.resolve("model.onnx"), "mine");
        assertThatThrownBy(() -> copy(List.of(), NONE)).isInstanceOf(UncheckedIOException.class);
        assertThat(out.resolve("model.onnx")).hasContent("mine");
    }

    @Test
    void safetensorsKeepTheirStructure() throws IOException {
        byte[] file = SafetensorsFiles.bytes(
                "{" + SafetensorsFiles.entry("a", "F32", "2,3", 0, 24) + ","
                        + SafetensorsFiles.entry("b", "BF16", "2", 24, 28) + "}",
                28);
        Path source = Files.write(folder.resolve("model.safetensors"), file);
        Checkpoint checkpoint = Checkpoint.open(CONF, source.toString());
        PatchedCopy.folder(
                CONF,
                checkpoint.files(),
                checkpoint.tensors().subList(1, 2),
                (tensor, first, tile, count) -> Arrays.fill(tile, 0, count, -2),
                out.toString());
        Checkpoint after =
                Checkpoint.open(CONF, out.resolve("model.safetensors").toString());
        assertThat(TensorReader.all(CONF, after.tensors().get(0)))
                .isEqualTo(TensorReader.all(CONF, checkpoint.tensors().get(0)));
        assertThat(TensorReader.all(CONF, after.tensors().get(1))).containsExactly(-2, -2);
    }
}
