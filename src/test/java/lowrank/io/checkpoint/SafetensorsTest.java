package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.SafetensorsFiles.bytes;
import static lowrank.io.checkpoint.SafetensorsFiles.entry;
import static lowrank.io.checkpoint.SafetensorsFiles.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a right safetensors checkpoint says comes out, of one file or of shards. */
class SafetensorsTest {
    private static final HadoopConf CONF = new HadoopConf(new Configuration(false));

    @TempDir
    Path folder;

    private Checkpoint open(Path path) {
        return Checkpoint.open(CONF, path.toString());
    }

    @Test
    void tensorsComeInTheOrderOfTheirValuesWithNamesAndShapes() throws IOException {
        String header = "{" + entry("b", "F32", "2,3", 16, 40) + "," + entry("a", "I64", "2", 0, 16) + ","
                + entry("empty", "F16", "0,5", 16, 16) + "," + entry("one", "BF16", "", 40, 42)
                + ",\"__metadata__\":{\"format\":\"pt\"}}   ";
        Path file = write(folder.resolve("model.safetensors"), bytes(header, 42));

        Checkpoint checkpoint = open(file);

        assertThat(checkpoint.format()).isEqualTo(Checkpoint.Format.SAFETENSORS);
        assertThat(checkpoint.tensors()).extracting(StoredTensor::name).containsExactly("a", "empty", "b", "one");
        assertThat(checkpoint.tensors())
                .extracting(StoredTensor::shape)
                .containsExactly(List.of(2L), List.of(0L, 5L), List.of(2L, 3L), List.of());
        assertThat(checkpoint.tensors())
                .extracting(StoredTensor::type)
                .containsExactly(ElementType.I64, ElementType.F16, ElementType.F32, ElementType.BF16);
        long data = 8 + header.length();
        assertThat(checkpoint.tensors())
                .extracting(StoredTensor::offset)
                .containsExactly(data, data + 16, data + 16, data + 40);
        // Bytes 16, 17, 18, 19 as a little-endian float, and so on.
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        double[] expected = new double[6];
        for (int i = 0; i < 6; i++) {
            expected[i] = bytes.getFloat((int) data + 16 + 4 * i);
        }
        assertThat(TensorReader.all(CONF, checkpoint.tensors().get(2))).isEqualTo(expected);
    }

    @Test
    void aFolderIsReadByItsOneFileAndTheListingTellsHeadersApart() throws IOException {
        Path file = folder.resolve("model.safetensors");
        write(file, bytes("{" + entry("a", "F32", "2,1", 0, 8) + "}", 8));
        var time = Files.getLastModifiedTime(file);
        String first = open(folder).listing();
        write(file, bytes("{" + entry("a", "F32", "1,2", 0, 8) + "}", 8));
        Files.setLastModifiedTime(file, time);

        assertThat(open(folder).listing()).startsWith("model.safetensors\t").isNotEqualTo(first);
    }

    @Test
    void shardsAreReadAsTheIndexPlacesThem() throws IOException {
        write(folder.resolve("m-1.safetensors"), bytes("{" + entry("b", "F32", "1", 0, 4) + "}", 4));
        write(
                folder.resolve("m-2.safetensors"),
                bytes("{" + entry("a", "U8", "2", 0, 2) + "," + entry("c", "I8", "1", 2, 3) + "}", 3));
        index("{\"metadata\":{\"total_size\":7},\"weight_map\":{\"a\":\"m-2.safetensors\",\"b\":\"m-1.safetensors\","
                + "\"c\":\"m-2.safetensors\"}}");
        write(folder.resolve("consolidated.safetensors"), bytes("{" + entry("x", "F32", "1", 0, 4) + "}", 4));

        Checkpoint checkpoint = open(folder);

        assertThat(checkpoint.tensors()).extracting(StoredTensor::name).containsExactly("b", "a", "c");
        assertThat(checkpoint.files()).hasSize(3);
        assertThat(checkpoint.listing().lines()).hasSize(3);
        assertThat(open(folder.resolve("model.safetensors.index.json")).tensors())
                .isEqualTo(checkpoint.tensors());
    }

    private void index(String json) throws IOException {
        write(folder.resolve("model.safetensors.index.json"), json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void severalFilesWithoutAnIndexAreOneModelUnlessANameStandsTwice() throws IOException {
        write(folder.resolve("one.safetensors"), bytes("{" + entry("a", "F32", "1", 0, 4) + "}", 4));
        write(folder.resolve("two.safetensors"), bytes("{" + entry("b", "F32", "1", 0, 4) + "}", 4));

        assertThat(open(folder).tensors()).extracting(StoredTensor::name).containsExactly("a", "b");

        write(folder.resolve("two.safetensors"), bytes("{" + entry("a", "F32", "1", 0, 4) + "}", 4));
        assertThatThrownBy(() -> open(folder)).isInstanceOf(DataException.class).hasMessageContaining("holds a twice");
    }

    @Test
    void aShardThatDoesNotAgreeWithTheIndexIsNamed() throws IOException {
        Path shard = folder.resolve("m.safetensors");
        write(shard, bytes("{" + entry("a", "F32", "1", 0, 4) + "}", 4));

        index("{\"weight_map\":{\"a\":\"m.safetensors\",\"b\":\"m.safetensors\"}}");
        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("does not hold b");

        write(shard, bytes("{" + entry("a", "F32", "1", 0, 4) + "," + entry("z", "F32", "1", 4, 8) + "}", 8));
        index("{\"weight_map\":{\"a\":\"m.safetensors\"}}");
        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("holds z, which");

        index("{\"weight_map\":{\"a\":\"n.safetensors\"}}");
        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(MissingInputException.class)
                .hasMessageContaining("n.safetensors is not there");
    }

    @Test
    void aShardThatIsALinkOutOfTheFolderIsRefusedAndALinkInsideIsNot() throws IOException {
        Path model = folder.resolve("model");
        Path outside = write(folder.resolve("m.safetensors"), bytes("{" + entry("a", "F32", "1", 0, 4) + "}", 4));
        Files.createDirectories(model);
        write(
                model.resolve("model.safetensors.index.json"),
                "{\"weight_map\":{\"a\":\"m.safetensors\"}}".getBytes(StandardCharsets.UTF_8));
        Files.createSymbolicLink(model.resolve("m.safetensors"), outside);

        assertThatThrownBy(() -> open(model))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("link out of its folder");

        Files.delete(model.resolve("m.safetensors"));
        Files.move(outside, model.resolve("real.safetensors"));
        Files.createSymbolicLink(model.resolve("m.safetensors"), Path.of("real.safetensors"));
        assertThat(open(model).tensors()).hasSize(1);
    }

    @Test
    void picklesAndGgufAreRefusedByNameAndByTheirFirstBytes() throws IOException {
        byte[] protocol = {(byte) 0x80, 2, '}', 'q', 0, '.', 0, 0, 0, 0, 0, 0, 0};
        byte[] archive = new byte[60];
        ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN).putInt(0x04034b50);
        System.arraycopy("archive/data.pkl".getBytes(StandardCharsets.UTF_8), 0, archive, 30, 16);
        for (String name : List.of("pytorch_model.bin", "weights", "model.safetensors")) {
            for (byte[] bytes : List.of(protocol, archive)) {
                Path file = write(folder.resolve("p").resolve(name), bytes);
                assertThatThrownBy(() -> open(file))
                        .isInstanceOf(DataException.class)
                        .hasMessageContaining("safetensors.torch.save_file");
            }
        }
        Path only = write(folder.resolve("q").resolve("pytorch_model.bin"), protocol);
        assertThatThrownBy(() -> open(only.getParent())).hasMessageContaining("pickle");

        Path gguf = write(folder.resolve("g"), "GGUF\3\0\0\0........".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> open(gguf)).isInstanceOf(DataException.class).hasMessageContaining("GGUF");
    }

    @Test
    void aFolderWithoutOrWithTwoCheckpointsIsNamed() throws IOException {
        assertThatThrownBy(() -> open(folder.resolve("nowhere"))).isInstanceOf(MissingInputException.class);
        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(MissingInputException.class)
                .hasMessageContaining("holds no checkpoint");

        write(folder.resolve("model.safetensors"), bytes("{" + entry("a", "F32", "1", 0, 4) + "}", 4));
        write(folder.resolve("model.onnx"), new byte[4]);
        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("model.safetensors, model.onnx");
    }
}
