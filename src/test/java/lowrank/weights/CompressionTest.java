package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.io.ParquetTableWriter;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Draws;
import lowrank.store.FactorsSink;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {
    private static final int OUT = 30;
    private static final int IN = 50;

    /** Roundings of sums over the sides of the matrices here. */
    private static final double ROUNDING = 1e-12;

    private final HadoopConf conf = new HadoopConf(new Configuration());

    @TempDir
    private Path folder;

    private static Matrix gaussian(int rows, int cols, int stream) {
        Draws draws = new Draws(5, stream);
        double[] values = new double[rows * cols];
        for (int j = 0; j < cols; j++) {
            draws.gaussians(j, values, j * rows, rows);
        }
        return new Matrix(rows, cols, values);
    }

    /** A checkpoint of one matrix; its rows are the columns of the transpose. */
    private Weight weight(Matrix w) throws IOException {
        Path file = folder.resolve("model.safetensors");
        TestCheckpoint.write(file, Map.of("layer.3.dense.weight", w));
        Checkpoint checkpoint = Checkpoint.open(conf, file.toString());
        return Selection.of(checkpoint, new Selection.Rule(List.of("*"), List.of(), List.of(), "read"))
                .weights()
                .get(0);
    }

    private Calibration rows(String name, Matrix x) {
        Path file = folder.resolve(name).resolve("layer.3.dense.weight.parquet");
        try (Arena arena = new Arena();
                ParquetTableWriter writer = ParquetTableWriter.create(
                        conf,
                        new org.apache.hadoop.fs.Path(file.toString()),
                        List.of(new ParquetTableWriter.Column("features", ParquetTableWriter.Type.DOUBLE_VECTOR)),
                        "none",
                        Map.of())) {
            writer.rowGroup(
                    x.rows(),
                    List.of(new ColumnData.VectorData(x.transpose().store(arena), x.cols(), Precision.DOUBLE)));
            writer.finish();
        }
        return new Calibration(conf, folder.resolve(name).toString(), "features");
    }

    private FactorsSink sink(Precision precision) {
        return new FactorsSink(conf, folder.resolve("factors").toString(), precision, "none", true);
    }

    private Compression.Result run(Weight weight, Truncation rule, Precision precision, Whitening whitening) {
        try (Arena arena = new Arena()) {
            return new Compression(conf, rule, sink(precision), whitening)
                    .run(new Compression.Task(0, weight, Compression.UNDECIDED), arena);
        }
    }

    private static double norm(Matrix m) {
        double sum = 0;
        for (double norm : m.columnNorms()) {
            sum = Math.hypot(sum, norm);
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 17})
    void whatIsMissedIsTheTailOfTheSpectrum(int rank) throws IOException {
        Matrix w = gaussian(OUT, IN, 1);
        double[] s = Dense.svd(w).s();
        Compression.Result result = run(weight(w), new Truncation.Rank(rank), Precision.DOUBLE, null);
        double tail = 0;
        for (int j = rank; j < s.length; j++) {
            tail = Math.hypot(tail, s[j]);
        }
        assertThat(result.rank()).isEqualTo(rank);
        assertThat(result.error()).isCloseTo(tail, within(ROUNDING * s[0]));
        assertThat(result.s()).containsExactly(s, within(ROUNDING * s[0]));
        assertThat(result.part().rows()).isEqualTo(OUT + IN);
    }

    /** Floats miss a little more, and the error that is stated counts it. */
    @Test
    void theErrorIsThatOfFactorsAsTheyAreStored() throws IOException {
        Matrix w = gaussian(OUT, 6, 1).times(gaussian(IN, 6, 2).transpose());
        Compression.Result exact = run(weight(w), new Truncation.Rank(6), Precision.DOUBLE, null);
        Compression.Result floats = run(weight(w), new Truncation.Rank(6), Precision.FLOAT, null);
        assertThat(exact.error()).isLessThan(ROUNDING * norm(w));
        assertThat(floats.error()).isBetween(1e-9 * norm(w), 1e-6 * norm(w));
    }

    /** 30 x 50: rank 18 takes 1,440 numbers of 1,500, rank 19 would take 1,520. */
    @Test
    void factorsThatAreLargerThanTheMatrixAreNotWritten() throws IOException {
        Weight weight = weight(gaussian(OUT, IN, 1));
        assertThat(weight.breakEven()).isEqualTo(18.75);
        assertThat(run(weight, new Truncation.Rank(18), Precision.DOUBLE, null).part())
                .isNotNull();
        Compression.Result refused = run(weight, new Truncation.Rank(19), Precision.DOUBLE, null);
        assertThat(refused.part()).isNull();
        assertThat(refused.error()).isZero();
        assertThat(refused.rank()).isEqualTo(19);
    }

    /** Rows with strong directions: what is missed of X W^T is the tail of its singular values, and less than plain factors miss. */
    @Test
    void whitenedFactorsMissTheLeastOfWhatComesOut() throws IOException {
        Matrix w = gaussian(OUT, IN, 1);
        double[] strength = new double[IN];
        for (int j = 0; j < IN; j++) {
            strength[j] = Math.pow(10, -3.0 * j / IN);
        }
        Matrix x = gaussian(400, IN, 3).scaleColumns(strength);
        Matrix other = gaussian(300, IN, 4).scaleColumns(strength);
        Weight weight = weight(w);
        Whitening whitening = new Whitening(rows("chosen-by", x), rows("held-out", other));
        whitening.require(weight);
        Compression.Result result = run(weight, new Truncation.Rank(8), Precision.DOUBLE, whitening);
        Compression.Result plain = run(weight, new Truncation.Rank(8), Precision.DOUBLE, null);
        Matrix outputs = x.times(w.transpose());
        double[] s = Dense.svd(outputs).s();
        double tail = 0;
        for (int j = 8; j < s.length; j++) {
            tail = Math.hypot(tail, s[j]);
        }
        Whitening.Outputs chosenBy = result.outputs().chosenBy();
        assertThat(chosenBy.norm()).isCloseTo(norm(outputs), within(ROUNDING * norm(outputs)));
        assertThat(chosenBy.whitened()).isCloseTo(tail, within(ROUNDING * norm(outputs)));
        assertThat(chosenBy.plain()).isGreaterThan(1.2 * chosenBy.whitened());
        assertThat(result.outputs().heldOut().plain())
                .isGreaterThan(1.2 * result.outputs().heldOut().whitened());
        assertThat(result.error()).isGreaterThan(plain.error());
    }

    /** Fewer rows than columns, all in a space of five dimensions: rank 5 misses nothing of what comes out, and no division by zero. */
    @Test
    void rowsThatSpanFewDirectionsDoNoHarm() throws IOException {
        Matrix x = gaussian(40, 5, 6).times(gaussian(IN, 5, 7).transpose());
        Compression.Result result = run(
                weight(gaussian(OUT, IN, 1)),
                new Truncation.Rank(5),
                Precision.DOUBLE,
                new Whitening(rows("chosen-by", x), null));
        Whitening.Outputs outputs = result.outputs().chosenBy();
        assertThat(outputs.whitened()).isLessThan(ROUNDING * outputs.norm());
        assertThat(outputs.plain()).isGreaterThan(0.1 * outputs.norm());
        assertThat(result.outputs().heldOut()).isNull();
    }

    @Test
    void rowsOfAnotherWidthOrNoneAreNamed() throws IOException {
        Weight weight = weight(gaussian(OUT, IN, 1));
        Whitening narrow = new Whitening(rows("narrow", gaussian(10, IN - 1, 2)), null);
        assertThatThrownBy(() -> narrow.require(weight))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("49")
                .hasMessageContaining("layer.3.dense.weight takes 50");
        Whitening missing =
                new Whitening(new Calibration(conf, folder.resolve("none").toString(), "features"), null);
        assertThatThrownBy(() -> missing.require(weight)).isInstanceOf(MissingInputException.class);
    }

    @Test
    void infinitiesAreNamedByTheirPlace() throws IOException {
        Matrix w = gaussian(OUT, IN, 1);
        w.set(4, 7, Double.NaN);
        Weight weight = weight(w);
        assertThatThrownBy(() -> run(weight, new Truncation.Rank(2), Precision.DOUBLE, null))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("layer.3.dense.weight")
                .hasMessageContaining("row 4, column 7");
    }

    /** A matrix stored (in, out) has the same values; so has a convolution, unfolded both ways. */
    @Test
    void viewsAreTheSameMatrix() throws IOException {
        Matrix w = gaussian(70, 130, 1);
        Path file = folder.resolve("turned.safetensors");
        TestCheckpoint.write(file, Map.of("c_attn.weight", w.transpose()));
        Weight turned = Selection.of(
                        Checkpoint.open(conf, file.toString()),
                        new Selection.Rule(List.of("*"), List.of(), List.of("*c_attn*"), "read"))
                .weights()
                .get(0);
        assertThat(turned.out()).isEqualTo(70);
        try (Arena arena = new Arena()) {
            double[] values = new double[70 * 130];
            OffHeap.get(turned.load(conf, arena).address(), values, 0, values.length);
            assertThat(values).isEqualTo(w.transpose().values());
        }
    }

    @Test
    void convolutionsAreUnfoldedBothWays() throws IOException {
        Path file = folder.resolve("conv.safetensors");
        double[] values = gaussian(1, 4 * 3 * 2 * 5, 8).values();
        TestCheckpoint.write(file, "conv.weight", List.of(4, 3, 2, 5), values);
        List<Weight> weights = Selection.of(
                        Checkpoint.open(conf, file.toString()),
                        new Selection.Rule(List.of("*"), List.of(), List.of(), "read"))
                .weights();
        assertThat(weights).extracting(Weight::name).containsExactly("conv.weight", "conv.weight#in");
        assertThat(weights).extracting(Weight::out).containsExactly(4, 3);
        assertThat(weights).extracting(Weight::in).containsExactly(30, 40);
        try (Arena arena = new Arena()) {
            double[] out = new double[120];
            double[] in = new double[120];
            OffHeap.get(weights.get(0).load(conf, arena).address(), out, 0, 120);
            OffHeap.get(weights.get(1).load(conf, arena).address(), in, 0, 120);
            assertThat(out).isEqualTo(values);
            // (o, i, k) is number ((o * 3) + i) * 10 + k as stored, and ((i * 4) + o) * 10 + k of the other unfolding.
            for (int o = 0; o < 4; o++) {
                for (int i = 0; i < 3; i++) {
                    for (int k = 0; k < 10; k++) {
                        assertThat(in[(i * 4 + o) * 10 + k]).isEqualTo(values[(o * 3 + i) * 10 + k]);
                    }
                }
            }
        }
    }
}
