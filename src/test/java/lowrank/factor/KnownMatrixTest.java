package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KnownMatrixTest {
    /** LAPACK's ulp, twice the roundoff, and its pass mark for singular values. */
    private static final double ULP = 0x1p-52;

    private static final double SVD_PASS = 50;

    /** What DESIGN section 6 demands of factors, hence of those that they are compared with. */
    private static final double ORTHOGONALITY = 1e-13;

    /** Some rows of a block as they are in memory, with their global position. */
    private record Bits(long firstRow, List<Long> bits) {}

    private static List<Bits> bits(KnownMatrix matrix, LeafRange range) {
        List<Bits> blocks = new ArrayList<>();
        try (Arena arena = new Arena();
                BlockStream stream = matrix.open(range, false, arena)) {
            for (Block block = stream.next(); block != null; block = stream.next()) {
                int words = Math.toIntExact(block.first().bytes() / 4);
                int[] values = new int[words];
                OffHeap.getBits(block.first().address(), values, words);
                List<Long> bits = new ArrayList<>(words);
                for (int value : values) {
                    bits.add((long) value);
                }
                blocks.add(new Bits(block.firstRow(), bits));
            }
        }
        return blocks;
    }

    /** All rows, as a matrix on the heap. */
    private static Matrix read(KnownMatrix matrix) {
        Matrix transposed = Matrix.zeros(matrix.cols(), Math.toIntExact(matrix.rows()));
        try (Arena arena = new Arena();
                BlockStream stream = matrix.open(matrix.layout().all(), false, arena)) {
            for (Block block = stream.next(); block != null; block = stream.next()) {
                int from = Math.toIntExact(block.firstRow()) * matrix.cols();
                int count = Math.toIntExact(block.first().count());
                if (matrix.precision() == Precision.DOUBLE) {
                    OffHeap.get(block.first().address(), transposed.values(), from, count);
                } else {
                    float[] floats = new float[count];
                    OffHeap.get(block.first().address(), floats, 0, count);
                    for (int i = 0; i < count; i++) {
                        transposed.values()[from + i] = floats[i];
                    }
                }
            }
        }
        return transposed.transpose();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 2", "25, 25", "100, 37", "8192, 12", "8193, 12", "50021, 5"})
    void factorsAreOrthonormal(int rows, int rank) {
        KnownMatrix matrix = KnownMatrix.of("S2", rows, rank, rank, 1, Precision.DOUBLE);
        assertThat(matrix.u(0, rows).orthogonalityDefect()).isLessThan(ORTHOGONALITY);
        assertThat(matrix.v().orthogonalityDefect()).isLessThan(ORTHOGONALITY);
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 1000, 4097, 1_000_003})
    void entriesAreCosinesToRounding(long rows) {
        int rank = 7;
        KnownMatrix matrix = KnownMatrix.of("S2", rows, rank, rank, 1, Precision.DOUBLE);
        for (long row : new long[] {0, 1, rows / 2, rows - 1}) {
            Matrix u = matrix.u(row, 1);
            for (int j = 0; j < rank; j++) {
                double cos = Math.sqrt(2.0 / rows) * Math.cos(Math.PI / rows * (row + 0.5) * (j + 0.5));
                // The plain formula rounds an angle of up to pi * rank.
                assertThat(u.get(0, j)).isCloseTo(cos, within(Math.sqrt(2.0 / rows) * 8 * Math.PI * rank * ULP));
            }
        }
    }

    /** The last row mirrors the first: cos(pi/m (m - 1/2)(j + 1/2)) = +-sin(pi/2m (j + 1/2)), at a billion rows too. */
    @Test
    void anglesAreReducedExactlyHoweverManyRows() {
        long rows = 1_000_000_007L;
        Matrix u = KnownMatrix.of("S2", rows, 8, 8, 1, Precision.DOUBLE).u(rows - 1, 1);
        for (int j = 0; j < 8; j++) {
            double sine = StrictMath.sin(Math.PI / (2.0 * rows) * (j + 0.5)) * (j % 2 == 0 ? 1 : -1);
            assertThat(u.get(0, j)).isCloseTo(Math.sqrt(2.0 / rows) * sine, within(Math.sqrt(2.0 / rows) * 4 * ULP));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "S1, 40, 30, 30", "S2, 40, 30, 11", "S3, 33, 33, 20", "S4, 200, 100, 20", "S5, 50, 20, 20", "S9, 100, 50, 50",
        "S10, 60, 64, 60", "S11, 90, 45, 45", "D1, 30, 70, 30", "D4, 60, 30, 30", "step, 50, 20, 20", "S2, 1, 1, 1",
        "S2, 1, 9, 1", "S2, 9, 1, 1"
    })
    void singularValuesAreThoseAskedFor(String spectrum, int rows, int cols, int rank) {
        KnownMatrix matrix = KnownMatrix.of(spectrum, rows, cols, rank, 1, Precision.DOUBLE);
        double[] s = matrix.s();
        double[] measured = Dense.svd(read(matrix)).s();
        for (int j = 0; j < measured.length; j++) {
            double expected = j < rank ? s[j] : 0;
            assertThat(measured[j]).isCloseTo(expected, within(SVD_PASS * Math.max(rows, cols) * ULP * s[0]));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 1e20, 1e-20, 1e290, 1e-290})
    void factorsMultiplyToTheMatrix(double scale) {
        KnownMatrix matrix = KnownMatrix.of("S2", 37, 23, 17, scale, Precision.DOUBLE);
        Matrix rows = read(matrix);
        Matrix product =
                matrix.u(0, 37).scaleColumns(matrix.s()).times(matrix.v().transpose());
        for (int i = 0; i < rows.values().length; i++) {
            assertThat(rows.values()[i]).isCloseTo(product.values()[i], within(matrix.rank() * ULP * matrix.s()[0]));
        }
    }

    @Test
    void floatsAreRoundedDoubles() {
        Matrix doubles = read(KnownMatrix.of("S2", 3000, 11, 7, 1, Precision.DOUBLE));
        Matrix floats = read(KnownMatrix.of("S2", 3000, 11, 7, 1, Precision.FLOAT));
        for (int i = 0; i < doubles.values().length; i++) {
            assertThat(floats.values()[i]).isEqualTo((float) doubles.values()[i]);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void blocksAreTheSameBitsFromWhateverLeafTheyAreRead(Precision precision) {
        int rows = 1000;
        KnownMatrix matrix = KnownMatrix.of("S1", rows, 13, 9, 1, precision).with(new Layout(rows, 64, 16));
        List<Bits> whole = bits(matrix, matrix.layout().all());
        assertThat(whole).hasSize(63);
        for (int level = 0; level <= 5; level++) {
            List<Bits> pieces = new ArrayList<>();
            for (LeafRange range : LeafRange.aligned(matrix.layout().leaves(), level)) {
                pieces.addAll(bits(matrix, range));
            }
            assertThat(pieces).isEqualTo(whole);
        }
        assertThat(bits(matrix, new LeafRange(3, 3))).isEmpty();
    }

    @Test
    void closingAStreamGivesItsMemoryBack() {
        KnownMatrix matrix = KnownMatrix.of("S1", 100, 13, 9, 1, Precision.FLOAT);
        try (Arena arena = new Arena()) {
            long before = Arena.liveBytes();
            matrix.open(matrix.layout().all(), false, arena).close();
            assertThat(Arena.liveBytes()).isEqualTo(before);
        }
    }

    @Test
    void moreValuesThanRowsOrColumnsIsRefused() {
        assertThatThrownBy(() -> KnownMatrix.of("S1", 5, 9, 6, 1, Precision.DOUBLE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not 6");
        assertThatThrownBy(
                        () -> KnownMatrix.of("S1", 5, 9, 5, 1, Precision.DOUBLE).with(new Layout(6, 8, 8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("6 rows");
    }
}
