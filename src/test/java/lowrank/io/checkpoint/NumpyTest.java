package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.OnnxModel.CONF;
import static lowrank.io.checkpoint.OnnxModel.count;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;
import lowrank.io.checkpoint.StoredTensor.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What NumPy wrote is read, whatever its order, type and compression. Numbers are 0, 1, 2, ... in C order, so the place tells them. */
class NumpyTest {
    @TempDir
    Path folder;

    /** A file that NumPy 1.26 wrote. */
    private Path written(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = NumpyTest.class.getResourceAsStream(name)) {
            Files.copy(in, file);
        }
        return file;
    }

    private static Checkpoint open(Path path) {
        return Checkpoint.open(CONF, path.toString());
    }

    private static StoredTensor named(Checkpoint checkpoint, String name) {
        return checkpoint.tensors().stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"stored.npz", "deflated.npz"})
    void arraysThatNumpyWroteComeInCOrder(String file) throws IOException {
        Checkpoint checkpoint = open(written(file));

        assertThat(checkpoint.format()).isEqualTo(Checkpoint.Format.NUMPY);
        Map<String, List<Long>> shapes = Map.of(
                "doubles", List.of(3L, 4L),
                "layer/kernel", List.of(3L, 4L), // Fortran order, as are the next two
                "cube", List.of(2L, 3L, 4L),
                "conv", List.of(2L, 3L, 2L, 2L), // and big-endian
                "big", List.of(5L),
                "half", List.of(7L),
                "bighalf", List.of(2L, 2L),
                "empty", List.of(0L, 3L),
                "wholes", List.of(3L));
        shapes.forEach((name, shape) -> {
            StoredTensor tensor = named(checkpoint, name);
            assertThat(tensor.shape()).isEqualTo(shape);
            assertThat(TensorReader.all(CONF, tensor))
                    .as(name)
                    .isEqualTo(count(shape.stream().mapToLong(Long::longValue).toArray()));
        });
        assertThat(TensorReader.all(CONF, named(checkpoint, "scalar"))).containsExactly(7.5);
        assertThat(TensorReader.all(CONF, named(checkpoint, "flags"))).containsExactly(1, 0);
        assertThat(checkpoint.tensors()).extracting(StoredTensor::name).doesNotContain("words");
        assertThat(named(checkpoint, "layer/kernel").role()).isEqualTo(Role.IN_OUT);
        assertThat(named(checkpoint, "doubles").role()).isEqualTo(Role.UNKNOWN);
        assertThat(named(checkpoint, "wholes").isWeight()).isFalse();
        if (file.equals("deflated.npz")) {
            assertThat(TensorReader.all(CONF, named(checkpoint, "zeros")))
                    .hasSize(64 * 65)
                    .containsOnly(0);
        }
    }

    @Test
    void anArchiveThatNumpyWroteToAPipeHasItsSizesBehindItsMembers() throws IOException {
        Checkpoint checkpoint = open(written("piped.npz"));
        assertThat(TensorReader.all(CONF, named(checkpoint, "a"))).isEqualTo(count(3, 4));
        assertThat(TensorReader.all(CONF, named(checkpoint, "b"))).isEqualTo(count(2, 3));
    }

    @Test
    void anArrayOfItsOwnIsNamedAfterItsFileAndAFolderHoldsSeveral() throws IOException {
        Path one = written("one.npy");
        assertThat(open(one).tensors()).extracting(StoredTensor::name).containsExactly("one");
        assertThat(TensorReader.all(CONF, open(one).tensors().get(0))).isEqualTo(count(3, 4));

        Files.write(folder.resolve("layer.0.weight.npy"), ZipBytes.floats(2, 3));
        Files.write(folder.resolve("notes.txt"), new byte[3]);
        Checkpoint several = open(folder);
        assertThat(several.tensors()).extracting(StoredTensor::name).containsExactly("layer.0.weight", "one");
        assertThat(several.files()).hasSize(2);

        Files.write(
                folder.resolve("m.npz"),
                ZipBytes.of("w.npy", ZipBytes.floats(2, 3)).bytes());
        assertThat(open(folder).tensors()).extracting(StoredTensor::name).containsExactly("w");
        Files.write(
                folder.resolve("n.npz"),
                ZipBytes.of("w.npy", ZipBytes.floats(2, 3)).bytes());
        assertThatThrownBy(() -> open(folder)).hasMessageContaining("name one of m.npz, n.npz");
        Files.write(
                folder.resolve("model.safetensors"),
                SafetensorsFiles.bytes("{" + SafetensorsFiles.entry("a", "F32", "1", 0, 4) + "}", 4));
        assertThat(open(folder).format()).isEqualTo(Checkpoint.Format.SAFETENSORS);
    }

    @Test
    void arraysBesideAPickleAreNotTakenForTheModel() throws IOException {
        Files.write(folder.resolve("pytorch_model.bin"), new byte[8]);
        Files.write(folder.resolve("inputs.npy"), ZipBytes.floats(2, 3));
        assertThatThrownBy(() -> open(folder)).isInstanceOf(DataException.class).hasMessageContaining("pickle");
    }

    @Test
    void textOtherMembersAndFoldersAreLeftOut() throws IOException {
        Path file = folder.resolve("m.npz");
        Files.write(
                file,
                ZipBytes.of("config.json", new byte[] {'{', '}'})
                        .add("params/", new byte[0])
                        .deflate("params/w.npy", ZipBytes.floats(2, 3))
                        .add("v:0.npy", ZipBytes.floats(2))
                        .add("\u4e2d.npy", ZipBytes.floats(1))
                        .bytes());
        assertThat(open(file).tensors()).extracting(StoredTensor::name).containsExactly("params/w", "v:0", "\u4e2d");
    }

    @Test
    void zip64ArchivesAreReadWithSizesInEitherPlace() throws IOException {
        byte[] array = ZipBytes.floats(2, 3);
        ZipBytes zip = ZipBytes.of("a.npy", array).add("b.npy", array);
        ZipBytes.Member b = zip.member(1);
        b.extra =
                ZipBytes.extra(1, array.length, array.length, zip.write().own().get(1));
        b.ownExtra = ZipBytes.extra(1, array.length, array.length);
        ZipBytes.Written plain = zip.write();
        int bytes = plain.end() - plain.directory();
        zip.wideEnd(ZipBytes.wideEnd(2, bytes, plain.directory(), plain.end()));
        ZipBytes.Written wide = zip.write();
        for (int place : new int[] {ZipBytes.STORED, ZipBytes.SIZE, ZipBytes.AT}) {
            wide.entry32(1, place, 0xffffffffL);
        }
        wide.own32(1, ZipBytes.OWN_STORED, 0xffffffffL).own32(1, ZipBytes.OWN_SIZE, 0xffffffffL);
        wide.end16(ZipBytes.END_COUNT, 0xffff).end16(ZipBytes.END_COUNT_HERE, 0xffff);
        wide.end32(ZipBytes.END_AT, 0xffffffffL);
        Path file = Files.write(folder.resolve("m.npz"), wide.bytes());

        Checkpoint checkpoint = open(file);
        assertThat(checkpoint.tensors()).extracting(StoredTensor::name).containsExactly("a", "b");
        assertThat(TensorReader.all(CONF, named(checkpoint, "b"))).isEqualTo(count(2, 3));
    }

    /** Strips of more than one row that do not divide the rows, and more than one strip. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fortranOrderOfMoreThanAStripIsReadFromAnyPlace(boolean deflated) throws IOException {
        int rows = 700;
        int cols = 5 * 600;
        double[] values = count(rows, cols);
        double[] file = new double[values.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < 5; j++) {
                for (int k = 0; k < 600; k++) {
                    file[i + rows * (j + 5 * k)] = values[(i * 5 + j) * 600 + k];
                }
            }
        }
        assertThat(8L * values.length).isGreaterThan(2L * ValueBytes.MOST_STRIP);
        byte[] array = ZipBytes.npy(ZipBytes.header("<f8", true, "700, 5, 600"), Proto.doubles(file));
        ZipBytes zip = deflated ? new ZipBytes().deflate("w.npy", array) : ZipBytes.of("w.npy", array);
        StoredTensor tensor = open(Files.write(folder.resolve("m.npz"), zip.bytes()))
                .tensors()
                .get(0);

        assertThat(Arrays.equals(TensorReader.all(CONF, tensor), values)).isTrue();
        SplittableRandom random = new SplittableRandom(5);
        try (TensorReader reader = TensorReader.open(CONF, tensor)) {
            for (int trial = 0; trial < 6; trial++) {
                int from = random.nextInt(values.length);
                int some = 1 + random.nextInt(Math.min(50_000, values.length - from));
                double[] read = new double[some];
                reader.visit(from, some, (first, tile, n) -> System.arraycopy(tile, 0, read, (int) (first - from), n));
                assertThat(Arrays.equals(read, Arrays.copyOfRange(values, from, from + some)))
                        .isTrue();
            }
        }
    }

    @Test
    void aMatrixInFortranOrderIsTheTransposeInCOrder() throws IOException {
        StoredTensor tensor = open(written("one.npy")).tensors().get(0);
        assertThat(tensor.isTransposed()).isTrue();
        assertThat(tensor.transposed().shape()).isEqualTo(List.of(4L, 3L));
        assertThat(TensorReader.all(CONF, tensor.transposed())).containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
    }

    @Test
    void whatASafetensorsFileTakesOverIsInCOrderAndLittleEndian() throws IOException {
        Checkpoint from = open(written("deflated.npz"));
        List<SafetensorsWriter.Entry> entries =
                from.tensors().stream().map(SafetensorsWriter.Entry::of).toList();
        String path = folder.resolve("copy.safetensors").toString();
        try (SafetensorsWriter out = SafetensorsWriter.create(CONF, path, Map.of(), entries)) {
            for (SafetensorsWriter.Entry entry : out.order()) {
                out.begin(entry.name());
                out.copy(named(from, entry.name()));
            }
            out.finish();
        }
        Checkpoint copy = Checkpoint.open(CONF, path);
        assertThat(copy.tensors()).hasSameSizeAs(from.tensors());
        for (StoredTensor tensor : copy.tensors()) {
            assertThat(TensorReader.all(CONF, tensor))
                    .as(tensor.name())
                    .isEqualTo(TensorReader.all(CONF, named(from, tensor.name())));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneWrongByteOfTheValuesIsFoundWhenAllAreRead(boolean deflated) throws IOException {
        double[] values = count(50, 60);
        SplittableRandom random = new SplittableRandom(3);
        Arrays.setAll(values, i -> random.nextDouble());
        byte[] array = ZipBytes.npy(ZipBytes.header("<f4", false, "50, 60"), Proto.floats(values));
        ZipBytes zip = deflated ? new ZipBytes().deflate("w.npy", array) : ZipBytes.of("w.npy", array);
        ZipBytes.Written written = zip.write();
        for (int place : new int[] {700, 5000, written.directory() - 1}) {
            byte[] bytes = written.bytes().clone();
            bytes[place] ^= 4;
            StoredTensor tensor =
                    open(Files.write(folder.resolve("m.npz"), bytes)).tensors().get(0);
            assertThatThrownBy(() -> TensorReader.all(CONF, tensor))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining("m.npz holds w, which");
        }
    }

    @Test
    void whatLiesInAnArchiveIsNotPatchedInPlace() throws IOException {
        Checkpoint checkpoint = open(written("stored.npz"));
        StoredTensor tensor = named(checkpoint, "doubles");
        assertThatThrownBy(() -> PatchedCopy.file(
                        CONF,
                        tensor.file(),
                        List.of(tensor),
                        (of, first, tile, n) -> {},
                        folder.resolve("out.npz").toString()))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("read and not written");
        assertThat(folder.resolve("out.npz")).doesNotExist();
    }
}
