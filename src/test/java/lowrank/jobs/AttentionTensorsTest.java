package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.Pass;
import lowrank.io.AttentionTable;
import lowrank.io.FormatFiles;
import lowrank.io.HadoopConf;
import lowrank.io.HeadFiles;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.linalg.Matrix;
import lowrank.spark.PassLog;
import lowrank.weights.TestCheckpoint;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries, keys and values as tensors: the same groups and rows as from columns. No cluster is needed to find them. */
class AttentionTensorsTest {
    private static final int POSITIONS = 700;
    private static final HeadFiles HEADS =
            new HeadFiles(new int[] {POSITIONS, POSITIONS, POSITIONS}, 2, 0, Type.INT, 5, 3, true);

    @TempDir
    private Path folder;

    private AttentionTable table(String... keys) {
        return input(Precision.DOUBLE, keys).table("", new PassLog());
    }

    private AttentionInput input(Precision precision, String... keys) {
        List<String> set = new ArrayList<>(List.of("read.path=" + folder));
        set.addAll(List.of(keys));
        Spec spec = Spec.of(Spec.layers(null, "spec", "", List.of(), set));
        return AttentionInput.of(AttentionRead.of(spec), precision, new HadoopConf(new Configuration()), null);
    }

    /** Numbers of one column of rows, one after the other. */
    private static double[] numbers(HeadFiles heads, List<HeadFiles.Row> rows, int column) {
        return rows.stream()
                .flatMapToDouble(row -> java.util.Arrays.stream(heads.of(row)[column]))
                .toArray();
    }

    private void npy(String name, boolean fortran, double[] values, int... shape) throws IOException {
        ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        int[] index = new int[shape.length];
        for (int at = 0; at < values.length; at++) {
            long from = 0;
            for (int axis = 0; axis < shape.length; axis++) {
                from = from * shape[axis] + index[axis];
            }
            data.putFloat((float) values[fortran ? (int) from : at]);
            for (int axis = 0; axis < shape.length && ++index[axis] == shape[axis]; axis++) {
                index[axis] = 0;
            }
        }
        String sizes =
                java.util.Arrays.stream(shape).mapToObj(size -> size + ",").collect(Collectors.joining(" "));
        String header = "{'descr': '<f4', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + sizes
                + "), }" + " ".repeat(20) + "\n";
        FormatFiles.npy(folder.resolve(name + ".npy"), 1, header, data.array());
    }

    /** q, k, v and a mask that lacks the heads. */
    private void numpy(boolean fortran) throws IOException {
        int[] widths = {HEADS.width(), HEADS.width(), HEADS.values()};
        for (int c = 0; c < widths.length; c++) {
            npy(
                    List.of("q", "k", "v").get(c),
                    fortran,
                    numbers(HEADS, HEADS.rows(), c),
                    HEADS.lengths().length,
                    HEADS.heads(),
                    POSITIONS,
                    widths[c]);
        }
        List<HeadFiles.Row> first =
                HEADS.rows().stream().filter(row -> row.head() == 0).toList();
        npy("mask", fortran, numbers(HEADS, first, 3), HEADS.lengths().length, POSITIONS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void leadingDimensionsAreKeys(boolean fortran) throws IOException {
        numpy(fortran);
        for (Precision precision : Precision.values()) {
            AttentionTable table = input(precision, "read.mask=mask").table("", new PassLog());
            AttentionInputTest.assertHolds(table, HEADS, precision);
        }
        assertThat(table("read.keys=[layer, part]")
                        .groups()
                        .get(3)
                        .words(table("read.keys=[layer, part]").keys()))
                .isEqualTo("layer = 1, part = 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"F64", "F32"})
    void matricesAreOneHead(String type) throws IOException {
        HeadFiles heads = new HeadFiles(new int[] {20_000}, 0, 0, null, 4, 6, false);
        Map<String, Matrix> tensors = Map.of(
                "a.q", matrix(heads, 0, heads.width()),
                "a.k", matrix(heads, 1, heads.width()),
                "a.v", matrix(heads, 2, heads.values()));
        TestCheckpoint.write(folder.resolve("heads.safetensors"), type, tensors);
        for (Precision precision : Precision.values()) {
            AttentionTable table =
                    input(precision, "read.q=a.q", "read.k=a.k", "read.v=a.v").table("", new PassLog());
            AttentionInputTest.assertHolds(table, heads, precision);
        }
    }

    private static Matrix matrix(HeadFiles heads, int column, int width) {
        double[] numbers = numbers(heads, heads.rows(), column);
        Matrix matrix = Matrix.zeros(numbers.length / width, width);
        for (int i = 0; i < numbers.length; i++) {
            matrix.set(i / width, i % width, numbers[i]);
        }
        return matrix;
    }

    private enum Half {
        F16,
        BF16
    }

    @ParameterizedTest
    @EnumSource(Half.class)
    void halvesAreWidened(Half type) throws IOException {
        Matrix m = Matrix.zeros(3, 2);
        for (int i = 0; i < 6; i++) {
            m.set(i / 2, i % 2, -0.25 * i);
        }
        TestCheckpoint.write(folder.resolve("x.safetensors"), type.name(), Map.of("q", m, "k", m, "v", m));
        AttentionTable table = table();
        List<double[][]> rows =
                AttentionInputTest.rows(table, table.groups().get(0), Precision.DOUBLE, new Layout(3, 2, 2));
        assertThat(rows.get(2)).isDeepEqualTo(new double[][] {{-1, -1.25}, {-1, -1.25}, {-1, -1.25}});
    }

    @Test
    void placesAreIndices() throws IOException {
        numpy(false);
        double[] bad = numbers(HEADS, HEADS.rows(), 1);
        bad[((2 * 2 + 1) * POSITIONS + 17) * HEADS.width() + 4] = Double.NaN;
        npy("k", false, bad, 3, 2, POSITIONS, HEADS.width());
        AttentionTable table = table();
        Layout layout = new Layout(POSITIONS, 256, 64);
        Throwable thrown =
                catchThrowable(() -> LocalBlocks.of(table.source(table.groups().get(5), Precision.DOUBLE, layout))
                        .pass(Pass.nothing()));
        assertThat(thrown)
                .hasMessageContainingAll(
                        "q.npy: q[2, 1, 17], ",
                        "k.npy: k[2, 1, 17], ",
                        "(sequence = 2, head = 1, position 17) column k[4] is NaN; repair them");
    }

    @Test
    void aMaskMustShowSomeOfEveryGroup() throws IOException {
        numpy(false);
        double[] mask = new double[3 * POSITIONS];
        java.util.Arrays.fill(mask, 0, POSITIONS, 1);
        mask[3 * POSITIONS - 1] = 1;
        npy("mask", false, mask, 3, POSITIONS);
        Throwable thrown = catchThrowable(() -> table("read.mask=mask"));
        assertThat(ExitCode.of(thrown)).isEqualTo(ExitCode.DATA);
        assertThat(thrown).hasMessageContaining("hides every row of sequence = 1, head = 0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read.q=w | DATA | has no tensor w; it has k, mask, q, v",
                "read.v=mask | DATA | mask has shape [3, 700] of F32, but q has [3, 2, 700, 5]",
                "read.k=v | DATA | v has shape [3, 2, 700, 3] of F32, but q has [3, 2, 700, 5]",
                "read.mask=v | DATA | v has shape [3, 2, 700, 3] of F32, but q has [3, 2, 700, 5]; a mask has",
                "read.keys=[head] | USAGE | has 2 dimensions before positions and width; name each of them by read.keys",
                "read.position=pos | USAGE | read.position does not apply to tensors"
            })
    void shapesMustFit(String key, ExitCode code, String message) throws IOException {
        numpy(false);
        Throwable thrown = catchThrowable(() -> table(key));
        assertThat(thrown).hasMessageContaining(message);
        assertThat(ExitCode.of(thrown)).isEqualTo(code);
    }

    @Test
    void noPositionsAreMissingInput() throws IOException {
        for (String name : List.of("q", "k", "v")) {
            npy(name, false, new double[0], 2, 0, 4);
        }
        Throwable thrown = catchThrowable(this::table);
        assertThat(ExitCode.of(thrown)).isEqualTo(ExitCode.INPUT);
    }
}
