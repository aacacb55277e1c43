package lowrank.io.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.SafetensorsWriter.Entry;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Safetensors files, written, read and written again, are the same byte for byte; so is what the format's own library wrote. */
class SafetensorsBytesTest {
    private static final HadoopConf CONF = new HadoopConf(new Configuration(false));

    @TempDir
    Path folder;

    /** A file of these tensors with random bytes, put together here by the format's description alone. */
    private byte[] random(List<Entry> tensors, long seed) {
        StringBuilder header = new StringBuilder("{");
        long at = 0;
        for (Entry tensor : tensors) {
            String shape = tensor.shape().toString().replaceAll("[\\[\\] ]", "");
            header.append(header.length() > 1 ? "," : "")
                    .append(SafetensorsFiles.entry(
                            tensor.name(), tensor.type().name(), shape, at, at + tensor.bytes()));
            at += tensor.bytes();
        }
        header.append('}');
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
        Arrays.fill(padded, text.length, padded.length, (byte) ' ');
        byte[] file = SafetensorsFiles.bytes(padded, (int) at);
        byte[] values = new byte[(int) at];
        new SplittableRandom(seed).nextBytes(values); // infinities and NaN of every payload among them
        System.arraycopy(values, 0, file, file.length - values.length, values.length);
        return file;
    }

    /** Writes all tensors of a file once more, given in any order. */
    private static void rewrite(Path from, Path to) {
        Checkpoint checkpoint = Checkpoint.open(CONF, from.toString());
        Map<String, String> metadata;
        try (FileBytes in = FileBytes.open(CONF, checkpoint.files().get(0))) {
            metadata = SafetensorsHeader.read(in).metadata();
        }
        Map<String, StoredTensor> named = new TreeMap<>();
        checkpoint.tensors().forEach(tensor -> named.put(tensor.name(), tensor));
        List<Entry> entries =
                new ArrayList<>(checkpoint.tensors().stream().map(Entry::of).toList());
        Collections.shuffle(entries, new Random(7));
        try (SafetensorsWriter out = SafetensorsWriter.create(CONF, to.toString(), metadata, entries)) {
            for (Entry entry : out.order()) {
                out.begin(entry.name());
                out.copy(named.get(entry.name()));
            }
            out.finish();
        }
    }

    private static List<Entry> entries(ElementType type) {
        return List.of(
                new Entry("a", type, List.of()),
                new Entry("b.weight", type, List.of(0L, 3L)),
                new Entry("c", type, List.of(2L, 3L, 5L)),
                new Entry("d", type, List.of(70_001L))); // more than the writer holds at a time, but of one byte
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeIsCopiedByteForByte(ElementType type) throws IOException {
        byte[] bytes = random(entries(type), type.ordinal());
        Path file = Files.write(folder.resolve("one.safetensors"), bytes);
        Path again = folder.resolve("two.safetensors");
        Path third = folder.resolve("three.safetensors");
        rewrite(file, again);
        rewrite(again, third);

        assertThat(again).hasBinaryContent(bytes);
        assertThat(third).hasBinaryContent(bytes);
    }

    @ParameterizedTest
    @EnumSource(names = {"F64", "F32", "F16", "BF16"})
    void numbersThatAreReadAsDoublesAreWrittenAsTheSameBytes(ElementType type) throws IOException {
        byte[] bytes = random(entries(type), 50 + type.ordinal());
        Path file = Files.write(folder.resolve("one.safetensors"), bytes);
        Checkpoint checkpoint = Checkpoint.open(CONF, file.toString());
        Path again = folder.resolve("two.safetensors");
        try (SafetensorsWriter out = SafetensorsWriter.create(CONF, again.toString(), Map.of(), entries(type))) {
            for (StoredTensor tensor : checkpoint.tensors()) {
                double[] values = TensorReader.all(CONF, tensor);
                out.begin(tensor.name());
                out.values(values, values.length);
            }
            out.finish();
        }
        // A NaN stays one, not its payload.
        byte[] written = Files.readAllBytes(again);
        assertThat(written).hasSameSizeAs(bytes);
        int data = (int) checkpoint.tensors().get(0).offset();
        assertThat(Arrays.copyOf(written, data)).isEqualTo(Arrays.copyOf(bytes, data));
        double[] before = numbers(type, bytes, data);
        for (int i = 0; i < before.length; i++) {
            if (!Double.isNaN(before[i])) {
                int at = data + i * type.bytes();
                assertThat(Arrays.mismatch(written, at, at + type.bytes(), bytes, at, at + type.bytes()))
                        .as("number %d", i)
                        .isNegative();
            }
        }
        assertThat(numbers(type, written, data)).isEqualTo(before);
    }

    private static double[] numbers(ElementType type, byte[] file, int from) {
        double[] numbers = new double[(file.length - from) / type.bytes()];
        type.decode(java.nio.ByteBuffer.wrap(file), from, numbers, numbers.length);
        return numbers;
    }

    /** Types that lie in a shard are all of them, in the order of the library. */
    @Test
    void shardsAreCopiedByteForByte() throws IOException {
        List<ElementType> types = new ArrayList<>(List.of(ElementType.values()));
        Path from = Files.createDirectories(folder.resolve("from"));
        Path to = Files.createDirectories(folder.resolve("to"));
        StringBuilder map = new StringBuilder();
        for (int shard = 0; shard < 3; shard++) {
            List<Entry> entries = new ArrayList<>();
            for (ElementType type : types) {
                String name = "layer." + shard + "." + type;
                entries.add(new Entry(name, type, List.of(3L, 2L + shard)));
                map.append(map.isEmpty() ? "" : ",").append("\"" + name + "\":\"m-" + shard + ".safetensors\"");
            }
            Path file = from.resolve("m-" + shard + ".safetensors");
            Path unordered = Files.write(folder.resolve("unordered.safetensors"), random(entries, shard));
            rewrite(unordered, file);
            rewrite(file, to.resolve(file.getFileName()));
        }
        for (Path folder : List.of(from, to)) {
            Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + map + "}}");
        }

        Checkpoint before = Checkpoint.open(CONF, from.toString());
        Checkpoint after = Checkpoint.open(CONF, to.toString());
        assertThat(after.tensors()).hasSize(3 * types.size());
        for (int shard = 0; shard < 3; shard++) {
            String name = "m-" + shard + ".safetensors";
            assertThat(to.resolve(name)).hasSameBinaryContentAs(from.resolve(name));
        }
        for (int i = 0; i < before.tensors().size(); i++) {
            StoredTensor one = before.tensors().get(i);
            StoredTensor other = after.tensors().get(i);
            assertThat(other.name()).isEqualTo(one.name());
            assertThat(TensorReader.all(CONF, other)).isEqualTo(TensorReader.all(CONF, one));
        }
    }

    /** {@code serialize_file} of safetensors 0.8.0 in Python wrote the resource: all types that are read, a scalar, nothing, odd names. */
    @Test
    void whatTheLibraryWroteIsReadAndWrittenAsTheSameBytes() throws IOException {
        Path file = folder.resolve("library.safetensors");
        try (InputStream in = SafetensorsBytesTest.class.getResourceAsStream("library.safetensors")) {
            Files.copy(in, file);
        }
        Checkpoint checkpoint = Checkpoint.open(CONF, file.toString());
        assertThat(checkpoint.tensors()).extracting(StoredTensor::type).contains(ElementType.values());
        Map<String, double[]> known = Map.of(
                "z.f64", new double[] {1.0 / 3, -0.0},
                "a.f64", new double[] {1e300},
                "m.f32", new double[] {0, 1, 2, 3, 4, 5},
                "b.f16", new double[] {1, -2, 65504},
                "a.bf16", new double[] {1, -2},
                "a.u64", new double[] {0x1p64},
                "i16", new double[] {-1, 2, 3},
                "u16", new double[] {65535},
                "flag", new double[] {1, 0},
                "empty \u4e2d \"q\" \\", new double[0]);
        known.forEach((name, values) -> {
            StoredTensor tensor = checkpoint.tensors().stream()
                    .filter(of -> of.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            assertThat(TensorReader.all(CONF, tensor)).as(name).isEqualTo(values);
        });
        Path again = folder.resolve("again.safetensors");
        rewrite(file, again);
        assertThat(again).hasSameBinaryContentAs(file);
    }
}
