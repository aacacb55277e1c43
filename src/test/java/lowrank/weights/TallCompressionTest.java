package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MemorySink;
import lowrank.blocks.Offenders;
import lowrank.blocks.Pass;
import lowrank.blocks.RowSink;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.store.FactorPieces;
import lowrank.store.FactorsSink;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Matrices of several leaves, by passes and in one task. */
class TallCompressionTest {
    private static final int LONG = 20_000;
    private static final int SHORT = 12;
    private static final int RANK = 5;

    /** Roundings of sums over the longer side. */
    private static final double ROUNDING = 1e-12;

    private final HadoopConf conf = new HadoopConf(new Configuration());

    @TempDir
    private Path folder;

    /** Columns that shrink by a half each, mixed. */
    private static Matrix decaying(int rows, int cols) {
        double[] sizes = new double[SHORT];
        for (int j = 0; j < SHORT; j++) {
            sizes[j] = Math.scalb(1.0, -j);
        }
        Matrix q = Dense.qr(CircuitFiles.random(SHORT, SHORT, 2)).q();
        Matrix tall = CircuitFiles.random(Math.max(rows, cols), SHORT, 1)
                .scaleColumns(sizes)
                .times(q);
        return rows >= cols ? tall : tall.transpose();
    }

    /** Multiples of 1/64 up to 1, which every type holds. */
    private static Matrix coarse(Matrix m) {
        double largest = 0;
        for (double value : m.values()) {
            largest = Math.max(largest, Math.abs(value));
        }
        double[] values = new double[m.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.rint(m.values()[i] / largest * 64) / 64 + 0.0; // no -0
        }
        return new Matrix(m.rows(), m.cols(), values);
    }

    private Weight weight(Matrix stored, String type, boolean inOut) throws IOException {
        Path file = folder.resolve("model-" + type + ".safetensors");
        TestCheckpoint.write(file, type, Map.of("lm_head.weight", stored));
        return Selection.of(
                        Checkpoint.open(conf, file.toString()),
                        new Selection.Rule(List.of("*"), List.of(), inOut ? List.of("*") : List.of(), "read"))
                .weights()
                .get(0);
    }

    private FactorsSink sink(Precision precision) {
        return new FactorsSink(conf, folder.resolve("factors").toString(), precision, "none", true);
    }

    private Compression.Result byPasses(Weight weight, int rank, Precision precision, int tasks) {
        return new TallCompression(
                        conf, null, sink(precision), folder.resolve("scratch").toString())
                .run(
                        new Compression.Task(3, weight, rank),
                        source -> LocalBlocks.of(source, tasks),
                        TallCompressionTest::joined);
    }

    private static RowSink.Written joined(FactorPieces pieces) {
        try (Arena arena = new Arena()) {
            return pieces.join(arena);
        }
    }

    private Compression.Result inOneTask(Weight weight, int rank, Precision precision) {
        try (Arena arena = new Arena()) {
            return new Compression(conf, null, sink(precision), null).run(new Compression.Task(4, weight, rank), arena);
        }
    }

    /** All rows of all parts: those of the outer factor, then those of the inner one, as columns. */
    private Matrix stored(Compression.Result result, Weight weight) {
        int k = result.rank();
        Matrix all = Matrix.zeros(k, weight.out() + weight.in());
        ParquetFooter footer = ParquetFooter.read(
                conf, new org.apache.hadoop.fs.Path(result.part().file()));
        assertThat(footer.rows()).isEqualTo(all.cols()).isEqualTo(result.part().rows());
        List<ParquetRows.Target> targets = List.of(new ParquetRows.Target("values", Precision.DOUBLE, k, 0));
        try (Arena arena = new Arena();
                ParquetRows reader = ParquetRows.open(conf, footer, targets, null, 0)) {
            long address = arena.doubles((long) all.cols() * k);
            reader.read(all.cols(), new long[] {address}, 0, new Offenders());
            OffHeap.get(address, all.values(), 0, all.cols() * k);
        }
        return all;
    }

    /** outFactor inFactor^T. */
    private Matrix product(Compression.Result result, Weight weight) {
        Matrix all = stored(result, weight);
        int k = result.rank();
        int split = k * weight.out();
        double[] out = Arrays.copyOf(all.values(), split);
        double[] in = Arrays.copyOfRange(all.values(), split, all.values().length);
        return new Matrix(k, weight.out(), out).transposeTimes(new Matrix(k, weight.in(), in));
    }

    private static double norm(Matrix m) {
        double sum = 0;
        for (double norm : m.columnNorms()) {
            sum = Math.hypot(sum, norm);
        }
        return sum;
    }

    /** The matrix W itself. */
    private Matrix loaded(Weight weight) {
        try (Arena arena = new Arena()) {
            double[] values = new double[(int) weight.count()];
            OffHeap.get(weight.load(conf, arena).address(), values, 0, values.length);
            return new Matrix(weight.in(), weight.out(), values).transpose();
        }
    }

    /** A table's rows are those of W or of its transpose, however it is stored, from any leaf on. */
    @ParameterizedTest
    @CsvSource({
        "F64,20000,12,false",
        "F32,20000,12,true",
        "BF16,12,20000,false",
        "F16,12,20000,true",
        "F32,12,12,true",
        "F64,9000,129,false",
        "F16,129,9000,false"
    })
    void rowsAreThoseOfTheLongerSide(String type, int rows, int cols, boolean inOut) throws IOException {
        Matrix stored = coarse(CircuitFiles.random(rows, cols, 3));
        Weight weight = weight(stored, type, inOut);
        WeightTable table = new WeightTable(conf, weight);
        MemorySink read = new MemorySink();
        LocalBlocks.of(table.source(), 2).write(read, Pass.nothing());
        Matrix tall = rows >= cols ? stored : stored.transpose();
        assertThat(read.matrix().values()).isEqualTo(tall.values());
        assertThat(table.rows()).isEqualTo(tall.rows());
        boolean isW = tall.rows() == weight.out() && table.side().equals(FactorsSink.OUT);
        assertThat(loaded(weight).values()).isEqualTo((isW ? tall : tall.transpose()).values());
    }

    @ParameterizedTest
    @CsvSource({
        "F64,20000,12,false,DOUBLE",
        "F64,12,20000,true,FLOAT",
        "F32,12,20000,false,DOUBLE",
        "BF16,20000,12,true,DOUBLE",
        "F16,20000,12,false,FLOAT",
        "BF16,12,20000,false,DOUBLE"
    })
    void bothWaysMakeTheSameFactors(String type, int rows, int cols, boolean inOut, Precision precision)
            throws IOException {
        Matrix w = type.equals("F64") ? decaying(rows, cols) : coarse(decaying(rows, cols));
        Weight weight = weight(w, type, inOut);
        Compression.Result passes = byPasses(weight, RANK, precision, 1);
        Compression.Result task = inOneTask(weight, RANK, precision);
        double norm = task.s()[0];
        double u = precision == Precision.FLOAT ? 4 * precision.roundoff() : 0;
        assertThat(passes.rank()).isEqualTo(RANK);
        assertThat(passes.s()).containsExactly(task.s(), within(ROUNDING * norm));
        assertThat(passes.error()).isCloseTo(task.error(), within((ROUNDING + u * u) * norm));
        Matrix product = product(passes, weight);
        assertThat(norm(product.minus(product(task, weight)))).isLessThan((20 * ROUNDING + u * RANK) * norm);
        Matrix whole = loaded(weight);
        assertThat(passes.error()).isCloseTo(norm(whole.minus(product)), within(ROUNDING * norm));
    }

    /** The two factors share the norm. */
    @Test
    void columnsOfBothFactorsAreEquallyLong() throws IOException {
        Weight weight = weight(decaying(SHORT, LONG), "F64", false);
        Compression.Result result = byPasses(weight, RANK, Precision.DOUBLE, 1);
        Matrix all = stored(result, weight).transpose();
        for (int j = 0; j < RANK; j++) {
            double out = 0;
            double in = 0;
            for (int i = 0; i < all.rows(); i++) {
                double square = all.get(i, j) * all.get(i, j);
                out += i < weight.out() ? square : 0;
                in += i < weight.out() ? 0 : square;
            }
            assertThat(out).isCloseTo(result.s()[j], within(ROUNDING * result.s()[0]));
            assertThat(in).isCloseTo(result.s()[j], within(ROUNDING * result.s()[0]));
        }
    }

    /** More components than the matrix has: the rest of both factors is zero, or so small that it adds nothing. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void whatHasNoMoreComponentsIsMissedByRoundingOnly(int rank) throws IOException {
        Matrix w = rank == 0
                ? Matrix.zeros(LONG, SHORT)
                : CircuitFiles.random(LONG, rank, 4)
                        .times(CircuitFiles.random(SHORT, rank, 5).transpose());
        Weight weight = weight(w, "F64", false);
        Compression.Result result = byPasses(weight, 6, Precision.DOUBLE, 2);
        double norm = norm(w);
        assertThat(result.error()).isLessThanOrEqualTo(ROUNDING * norm);
        assertThat(WeightSpectrum.of(result.s(), LONG, SHORT).numericalRank()).isEqualTo(rank);
        assertThat(norm(w.minus(product(result, weight)))).isLessThanOrEqualTo(ROUNDING * norm);
        for (double value : stored(result, weight).values()) {
            assertThat(Math.abs(value)).isLessThanOrEqualTo(100 * Math.sqrt(norm));
        }
    }

    @Test
    void factorsOfNoComponentMissTheWholeMatrix() throws IOException {
        Weight weight = weight(decaying(LONG, SHORT), "F64", false);
        Compression.Result result = byPasses(weight, 0, Precision.DOUBLE, 1);
        assertThat(result.error()).isCloseTo(norm(loaded(weight)), within(ROUNDING * result.s()[0]));
        assertThat(result.part().rows()).isEqualTo(LONG + SHORT);
    }

    /** Eighteen decades, where U itself would need another pass; and sizes whose squares overflow, or vanish. */
    @ParameterizedTest
    @CsvSource({"30,1", "0.5,1e200", "0.5,1e-200"})
    void steepSpectraAndFarScalesLoseNothing(double decades, double scale) throws IOException {
        double[] sizes = new double[SHORT];
        for (int j = 0; j < SHORT; j++) {
            sizes[j] = scale * Math.pow(10, -decades * j / SHORT);
        }
        Matrix w = Dense.qr(CircuitFiles.random(LONG, SHORT, 1)).q().scaleColumns(sizes);
        Weight weight = weight(w, "F64", false);
        for (int rank : new int[] {2, 6, 11}) {
            Compression.Result result = byPasses(weight, rank, Precision.DOUBLE, 1);
            double tail = 0;
            for (int j = SHORT - 1; j >= rank; j--) {
                tail = Math.hypot(tail / scale, sizes[j] / scale) * scale;
            }
            assertThat(result.error()).isCloseTo(tail, within(ROUNDING * scale));
            assertThat(result.s()).containsExactly(sizes, within(ROUNDING * scale));
        }
    }

    @Test
    void anyNumberOfTasksLeavesTheSameBits() throws IOException {
        for (boolean turned : new boolean[] {false, true}) {
            Weight weight = weight(turned ? decaying(SHORT, LONG) : decaying(LONG, SHORT), "F64", false);
            Compression.Result one = byPasses(weight, RANK, Precision.FLOAT, 1);
            Compression.Result many = byPasses(weight, RANK, Precision.FLOAT, 3);
            assertThat(many.s()).isEqualTo(one.s());
            assertThat(many.error()).isEqualTo(one.error());
            assertThat(stored(many, weight).values())
                    .isEqualTo(stored(one, weight).values());
            assertThat(many.part().blockDigests()).isEqualTo(one.part().blockDigests());
        }
    }

    @Test
    void valuesAloneAreThoseOfTheFactors() throws IOException {
        Weight weight = weight(decaying(LONG, SHORT), "F64", false);
        Compression.Result values = new TallCompression(conf, null, null, null)
                .run(new Compression.Task(0, weight, Compression.UNDECIDED), LocalBlocks::of, null);
        Compression.Result both = byPasses(weight, RANK, Precision.DOUBLE, 1);
        assertThat(values.s()).containsExactly(both.s(), within(ROUNDING * both.s()[0]));
        assertThat(values.part()).isNull();
    }

    @Test
    void factorsThatAreLargerThanTheMatrixAreNotWritten() throws IOException {
        Weight weight = weight(decaying(LONG, SHORT), "F64", false);
        Compression.Result refused = byPasses(weight, SHORT, Precision.DOUBLE, 1);
        assertThat(refused.part()).isNull();
        assertThat(refused.rank()).isEqualTo(SHORT);
        assertThat(refused.error()).isZero();
    }

    @Test
    void infinitiesAreNamedByTheirPlace() throws IOException {
        Matrix w = decaying(SHORT, LONG);
        w.set(4, 12_345, Double.NaN);
        Weight weight = weight(w, "F64", false);
        assertThatThrownBy(() -> byPasses(weight, 2, Precision.DOUBLE, 1))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("lm_head.weight in[12345] column out[4] is NaN")
                .hasMessageContaining("exclude it");
    }

    /** Shape and view decide: 240,000 entries. */
    @Test
    void shapeAloneChoosesTheWay() throws IOException {
        Weight weight = weight(decaying(LONG, SHORT), "F64", false);
        assertThat(TallCompression.takes(weight, 239_999)).isTrue();
        assertThat(TallCompression.takes(weight, 240_000)).isFalse();
        Weight wide = new Weight("w", -1, weight.tensor(), Weight.View.OUT_IN, 16_384, 20_000);
        assertThat(TallCompression.takes(wide, 1)).isFalse();
        Weight unfolded = new Weight("w#in", -1, weight.tensor(), Weight.View.UNFOLDED_IN, LONG, SHORT);
        assertThat(TallCompression.takes(unfolded, 1)).isFalse();
    }
}
