package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.OnnxModel.CONF;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lowrank.io.CorruptFileException;
import lowrank.io.MissingInputException;
import lowrank.io.StoredFile;
import lowrank.io.checkpoint.StoredTensor.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read of TensorFlow checkpoints that are right. */
final class TensorFlowBundleTest {
    @TempDir
    Path folder;

    @Test
    void namesFollowTheWayOfHuggingFace() throws IOException {
        List<StoredTensor> tensors = BundleFiles.usual()
                .floats("b/embeddings/LayerNorm/beta", 2)
                .floats("b/embeddings/LayerNorm/gamma", 2)
                .floats("b/embeddings/word_embeddings", 3, 2)
                .floats("b/encoder/layer_10/output/dense/bias", 2)
                .floats("b/encoder/layer_10/output/dense/kernel", 2, 2)
                .floats("c/conv/kernel", 1, 1, 2, 2)
                .floats("d/embeddings/.ATTRIBUTES/VARIABLE_VALUE", 2, 2)
                .floats("e/kernel/.ATTRIBUTES/VARIABLE_VALUE", 2, 2)
                .read(folder);
        assertThat(tensors)
                .extracting(StoredTensor::name, StoredTensor::role)
                .containsExactly(
                        tuple("b.embeddings.LayerNorm.bias", Role.UNKNOWN),
                        tuple("b.embeddings.LayerNorm.weight", Role.UNKNOWN),
                        tuple("b.embeddings.word_embeddings.weight", Role.EMBEDDING),
                        tuple("b.encoder.layer.10.output.dense.bias", Role.UNKNOWN),
                        tuple("b.encoder.layer.10.output.dense.weight", Role.IN_OUT),
                        tuple("c.conv.weight", Role.UNKNOWN),
                        tuple("d.weight", Role.EMBEDDING),
                        tuple("e.weight", Role.IN_OUT));
        assertThat(tensors.get(4).storedName()).isEqualTo("b/encoder/layer_10/output/dense/kernel");
        assertThat(TensorReader.all(CONF, tensors.get(4))).containsExactly(0, 1, 2, 3);
    }

    @Test
    void twoTensorsOfOneNameKeepTheStoredOnes() throws IOException {
        assertThat(BundleFiles.usual()
                        .floats("a/gamma", 1)
                        .floats("a/kernel", 1)
                        .read(folder))
                .extracting(StoredTensor::name)
                .containsExactly("a/gamma", "a/kernel");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000})
    void blocksOfAnySizeHoldTheSameTensors(int perBlock) throws IOException {
        BundleFiles files = BundleFiles.usual().perBlock(perBlock);
        for (int i = 100; i < 150; i++) {
            files.floats("layer/" + i + "/w", i - 99, 1);
        }
        List<StoredTensor> tensors = files.read(folder);
        assertThat(tensors).hasSize(50);
        for (int i = 0; i < 50; i++) {
            assertThat(tensors.get(i).name()).isEqualTo("layer." + (100 + i) + ".w");
            assertThat(TensorReader.all(CONF, tensors.get(i))).isEqualTo(OnnxModel.count(i + 1));
        }
    }

    @Test
    void otherTypesAreReadAndTextIsLeftOut() throws IOException {
        List<StoredTensor> tensors = BundleFiles.usual()
                .tensor("_CHECKPOINTABLE_OBJECT_GRAPH", 7, new byte[] {1, 2, 3})
                .tensor("brain", 14, new byte[] {(byte) 0x80, (byte) 0x3f}, 1)
                .tensor("double", 2, Proto.doubles(1e300), 1)
                .tensor("empty", 1, new byte[0], 0, 3)
                .tensor("half", 19, new byte[] {0, 0x3c}, 1)
                .tensor("step", 9, new byte[] {5, 0, 0, 0, 0, 0, 0, 0})
                .read(folder);
        assertThat(tensors)
                .extracting(StoredTensor::name, StoredTensor::type)
                .containsExactly(
                        tuple("brain", ElementType.BF16),
                        tuple("double", ElementType.F64),
                        tuple("empty", ElementType.F32),
                        tuple("half", ElementType.F16),
                        tuple("step", ElementType.I64));
        assertThat(TensorReader.all(CONF, tensors.get(4))).containsExactly(5);
    }

    @Test
    void shardsAreFoundBesideTheTable() throws IOException {
        BundleFiles files = new BundleFiles()
                .entry("", Proto.message().number(1, 2))
                .entry("w", BundleFiles.place(1, 4, 4, 1).number(3, 1));
        StoredFile index = BundleFiles.write(folder, files.table(), new byte[0]);
        assertThatThrownBy(() -> TensorFlowBundle.read(CONF, index))
                .isInstanceOf(MissingInputException.class)
                .hasMessageContaining("variables.data-00001-of-00002");
        Files.write(folder.resolve("variables.data-00001-of-00002"), Proto.floats(1, 2));
        assertThat(TensorReader.all(CONF, TensorFlowBundle.read(CONF, index).get(0)))
                .containsExactly(2);
    }

    @Test
    void valuesAreHeldToTheirChecksums() throws IOException {
        BundleFiles files = BundleFiles.usual().floats("a", 3).floats("b", 4);
        StoredFile index = files.write(folder);
        assertThatCode(() -> TensorFlowBundle.verify(CONF, index)).doesNotThrowAnyException();
        Path shard = folder.resolve("variables.data-00000-of-00001");
        byte[] bytes = Files.readAllBytes(shard);
        bytes[bytes.length - 1] ^= 1;
        Files.write(shard, bytes);
        assertThatThrownBy(() -> TensorFlowBundle.verify(CONF, index))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("tensor b");
    }
}
