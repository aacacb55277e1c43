package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.SafetensorsFiles.bytes;
import static lowrank.io.checkpoint.SafetensorsFiles.entry;
import static lowrank.io.checkpoint.SafetensorsFiles.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import lowrank.io.checkpoint.SafetensorsWriter.Entry;
import lowrank.io.checkpoint.SafetensorsWriter.Written;
import lowrank.linalg.NumericalException;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is read back to the bit, by ourselves and as the format's other readers ask for it. */
class SafetensorsWriterTest {
    private static final HadoopConf CONF = new HadoopConf(new Configuration(false));
    private static final Map<String, String> METADATA = Map.of("format", "pt", "base", "a \"name\"\n\u00e9\u4e2d");

    @TempDir
    Path folder;

    private static final List<Entry> TENSORS = List.of(
            new Entry("flags", ElementType.BOOL, List.of(3L)),
            new Entry("layer.1.weight", ElementType.F32, List.of(40L, 70L)),
            new Entry("layer.0.weight", ElementType.BF16, List.of(301L, 1001L)),
            new Entry("scale", ElementType.F64, List.of()),
            new Entry("empty", ElementType.F16, List.of(0L, 7L)),
            new Entry("half \u4e2d", ElementType.F16, List.of(5L, 1L, 3L)));

    private static double value(SplittableRandom random) {
        return (random.nextDouble() - 0.5) * Math.pow(2, random.nextInt(-12, 12));
    }

    /** Writes the tensors with random values. */
    private Written write(Path file, List<Entry> tensors, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (SafetensorsWriter out = SafetensorsWriter.create(CONF, file.toString(), METADATA, tensors)) {
            for (Entry tensor : out.order()) {
                out.begin(tensor.name());
                if (!tensor.type().floating()) {
                    out.copy(flags());
                    continue;
                }
                for (long left = tensor.count(); left > 0; ) {
                    double[] tile = random.doubles(Math.min(left, 1 + random.nextInt(300_000)))
                            .map(x -> value(random))
                            .toArray();
                    out.values(tile, tile.length);
                    left -= tile.length;
                }
            }
            return out.finish();
        }
    }

    private StoredTensor flags() {
        try {
            Path file = SafetensorsFiles.write(
                    folder.resolve("flags.safetensors"), bytes("{" + entry("flags", "BOOL", "3", 0, 3) + "}", 3));
            return Checkpoint.open(CONF, file.toString()).tensors().get(0);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Writes what a file holds once more, each tensor's bytes as they are. */
    private Written rewrite(Path from, Path to) {
        Checkpoint checkpoint = Checkpoint.open(CONF, from.toString());
        SafetensorsHeader header;
        try (FileBytes in = FileBytes.open(CONF, checkpoint.files().get(0))) {
            header = SafetensorsHeader.read(in);
        }
        List<Entry> entries =
                new ArrayList<>(checkpoint.tensors().stream().map(Entry::of).toList());
        Collections.shuffle(entries, new Random(3));
        try (SafetensorsWriter out = SafetensorsWriter.create(CONF, to.toString(), header.metadata(), entries)) {
            for (Entry entry : out.order()) {
                out.begin(entry.name());
                out.copy(named(checkpoint, entry.name()));
            }
            return out.finish();
        }
    }

    private static StoredTensor named(Checkpoint checkpoint, String name) {
        return checkpoint.tensors().stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRewrittenFileIsTheSameBytesWhateverTheOrderOfItsTensors() throws IOException {
        Path file = folder.resolve("model.safetensors");
        Written written = write(file, TENSORS, 1);
        Path again = folder.resolve("again.safetensors");

        assertThat(rewrite(file, again)).isEqualTo(written);
        assertThat(again).hasSameBinaryContentAs(file);
        byte[] all = Files.readAllBytes(file);
        assertThat(written.bytes()).isEqualTo(all.length);
        assertThat(written.sha256()).isEqualTo(StoredFile.sha256(ByteBuffer.wrap(all)));
    }

    @Test
    void valuesAreRoundedOnceAndEachTensorLiesAtAMultipleOfItsNumbersSize() {
        Path file = folder.resolve("model.safetensors");
        write(file, TENSORS, 2);
        Checkpoint checkpoint = Checkpoint.open(CONF, file.toString());

        assertThat(checkpoint.tensors())
                .extracting(StoredTensor::name)
                .containsExactly("scale", "layer.1.weight", "layer.0.weight", "empty", "half \u4e2d", "flags");
        SplittableRandom random = new SplittableRandom(2);
        for (StoredTensor tensor : checkpoint.tensors()) {
            assertThat(tensor.offset() % tensor.type().bytes()).isZero();
            if (!tensor.type().floating()) {
                continue;
            }
            double[] read = TensorReader.all(CONF, tensor);
            for (int at = 0; at < read.length; ) {
                double[] tile = random.doubles(Math.min(read.length - at, 1 + random.nextInt(300_000)))
                        .map(x -> value(random))
                        .toArray();
                for (double wanted : tile) {
                    double error = Math.abs(read[at++] - wanted);
                    // Half a step; of subnormal halves the step is 2^-24.
                    assertThat(error)
                            .isLessThanOrEqualTo(Math.max(tensor.type().roundoff() * Math.abs(wanted), 0x1p-25));
                }
            }
        }
    }

    @Test
    void valuesOfFilesThatOthersLaidOutAreKept() throws IOException {
        String header = "{" + entry("b", "F32", "2,3", 17, 41) + ", " + entry("a", "I64", "2", 0, 16) + " , "
                + entry("c", "U8", "1", 16, 17) + "}";
        Path file = SafetensorsFiles.write(folder.resolve("model.safetensors"), bytes(header, 41));
        Path again = folder.resolve("again.safetensors");
        rewrite(file, again);

        Checkpoint before = Checkpoint.open(CONF, file.toString());
        Checkpoint after = Checkpoint.open(CONF, again.toString());
        assertThat(after.tensors()).extracting(StoredTensor::name).containsExactly("a", "b", "c");
        for (StoredTensor tensor : before.tensors()) {
            assertThat(TensorReader.all(CONF, named(after, tensor.name()))).isEqualTo(TensorReader.all(CONF, tensor));
        }
    }

    @Test
    void aFileThatIsNotCompleteIsNotFinished() {
        String path = folder.resolve("part.safetensors").toString();
        List<Entry> two =
                List.of(new Entry("a", ElementType.F32, List.of(2L)), new Entry("b", ElementType.F32, List.of(1L)));
        try (SafetensorsWriter out = SafetensorsWriter.create(CONF, path, Map.of(), two)) {
            assertThatThrownBy(() -> out.begin("b")).hasMessageContaining("a is");
            out.begin("a");
            out.values(new double[] {1}, 1);
            assertThatThrownBy(() -> out.begin("b")).hasMessageContaining("1 values of a are missing");
            assertThatThrownBy(() -> out.values(new double[2], 2)).hasMessageContaining("more values than a");
            out.values(new double[] {2}, 1);
            assertThatThrownBy(out::finish).hasMessageContaining("b is missing");
            out.begin("b");
            assertThatThrownBy(() -> out.copy(flags())).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(out::finish).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void whatATypeDoesNotHoldIsAnErrorAndNotInfinity() {
        Map<ElementType, Double> least =
                Map.of(ElementType.F16, 65520.0, ElementType.BF16, 0x1.ffp127, ElementType.F32, 0x1.ffffffp127);
        least.forEach((type, beyond) -> {
            String path = folder.resolve(type + ".safetensors").toString();
            try (SafetensorsWriter out =
                    SafetensorsWriter.create(CONF, path, Map.of(), List.of(new Entry("a", type, List.of(3L))))) {
                out.begin("a");
                assertThatThrownBy(() -> out.values(new double[] {-beyond}, 1))
                        .isInstanceOf(NumericalException.class)
                        .hasMessageContaining("a has values that " + type);
            }
            try (SafetensorsWriter out =
                    SafetensorsWriter.create(CONF, path, Map.of(), List.of(new Entry("a", type, List.of(3L))))) {
                out.begin("a");
                out.values(new double[] {Math.nextDown(beyond), Double.NEGATIVE_INFINITY, Double.NaN}, 3);
                out.finish();
            }
            double[] read =
                    TensorReader.all(CONF, Checkpoint.open(CONF, path).tensors().get(0));
            assertThat(read[0]).isFinite();
            assertThat(read[1]).isEqualTo(Double.NEGATIVE_INFINITY);
            assertThat(read[2]).isNaN();
        });
    }

    @Test
    void whatWouldNotBeReadIsNotWritten() {
        for (String name : List.of("", "__metadata__", "a\nb", "x".repeat(1001))) {
            assertThatThrownBy(() ->
                            SafetensorsWriter.header(Map.of(), List.of(new Entry(name, ElementType.F32, List.of(1L)))))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        Entry a = new Entry("a", ElementType.F32, List.of(1L));
        assertThatThrownBy(() -> SafetensorsWriter.header(Map.of(), List.of(a, a)))
                .hasMessageContaining("twice");
    }
}
