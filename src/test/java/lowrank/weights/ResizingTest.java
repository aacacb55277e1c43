package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.io.checkpoint.ElementType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Against m x n matrices that plain loops form, and LAPACK's singular values of them. */
class ResizingTest {
    private static final String MODULE = "layer.0.q";
    private static final Truncation EVERYTHING = new Truncation.Rank(Integer.MAX_VALUE);

    /** Each piece of memory is up to a cache line longer than asked for. */
    private static final long ALIGNMENT = 64L * 32;

    @TempDir
    Path folder;

    private final Random random = new Random(3);
    private final List<Adapter> adapters = new ArrayList<>();
    private final List<Double> weights = new ArrayList<>();
    private double[][] dense;

    private void add(double weight, TestAdapter made) {
        Path place = made.write(folder.resolve("adapter" + adapters.size()));
        adapters.add(Adapter.read(MadeModel.CONF, place.toString()));
        weights.add(weight);
        double[][] change = made.change(MODULE);
        double[] times = new double[change[0].length];
        Arrays.fill(times, weight);
        double[][] eye = new double[times.length][times.length];
        for (int i = 0; i < times.length; i++) {
            eye[i][i] = 1;
        }
        double[][] scaled = MadeModel.product(change, times, eye);
        dense = dense == null ? scaled : MadeModel.sum(dense, scaled);
    }

    private TestAdapter linear(int out, int in, int rank, double alpha) {
        return new TestAdapter(true)
                .linear(MODULE, TestAdapter.gaussian(random, out, rank), TestAdapter.gaussian(random, rank, in), alpha);
    }

    private AdapterSum.Target target() {
        return AdapterSum.of(adapters, weights, null).targets().get(0);
    }

    private Extraction.Result resize(Truncation rule, Precision stored) {
        try (Arena arena = new Arena()) {
            return new Resizing(
                            MadeModel.CONF,
                            rule,
                            stored,
                            folder.resolve("parts").toString())
                    .run(new Resizing.Task(target(), Compression.UNDECIDED), arena);
        }
    }

    private AdapterModule written(Extraction.Result found, Precision stored) throws Exception {
        AdapterSum.Target target = target();
        AdapterFolder out =
                new AdapterFolder(MadeModel.CONF, folder.resolve("out").toString());
        List<AdapterFolder.Entry> entries = List.of(
                new AdapterFolder.Entry(target.path(), target.kind(), found.rank(), target.kernel(), found.part()));
        out.writeTensors(entries, List.of(), stored == Precision.FLOAT ? ElementType.F32 : ElementType.F64);
        Files.writeString(
                folder.resolve("out/adapter_config.json"),
                AdapterFolder.settings(entries, new AdapterFolder.Settings(null, null, false)));
        return out.confirmed(entries).modules().get(0);
    }

    /** How far what is stored is from the dense sum, by plain loops. */
    private double error(AdapterModule module) {
        try (Arena arena = new Arena()) {
            return FactorStackTest.distance(ExtractionTest.product(module, arena), dense);
        }
    }

    private double residual(AdapterModule module) {
        try (Arena arena = new Arena()) {
            return Resizing.residual(MadeModel.CONF, target(), module, arena);
        }
    }

    private static double tail(double[] s, int rank) {
        double tail = 0;
        for (int j = s.length - 1; j >= rank; j--) {
            tail = Math.hypot(tail, s[j]);
        }
        return tail;
    }

    /** What numbers of the sizes at hand lose where sums of k terms, an SVD and the loops of this test round. */
    private double rounding(Extraction.Result found) {
        return found.spectralSlack() * Math.sqrt(found.s().length);
    }

    /** Eckart and Young: no matrix of rank r is nearer to the sum than the root of the squares of the other singular values. */
    @ParameterizedTest
    @CsvSource({"40,30,1", "40,30,5", "40,30,11", "40,30,12", "9,50,7", "50,9,9", "6,5,4"})
    void whatIsStoredIsTheNearestOfItsRank(int out, int in, int rank) throws Exception {
        add(1, linear(out, in, 4, 4));
        add(-0.75, linear(out, in, 5, 2));
        add(3, linear(out, in, 3, 16));
        double[] s = FactorStackTest.lapack(dense);
        for (Precision stored : Precision.values()) {
            Extraction.Result found = resize(new Truncation.Rank(rank), stored);
            int kept = Math.min(rank, Math.min(12, Math.min(out, in)));
            assertThat(found.rank()).isEqualTo(kept);
            AdapterModule module = written(found, stored);
            assertThat(error(module)).isCloseTo(tail(s, kept), within(rounding(found)));
            assertThat(residual(module)).isCloseTo(error(module), within(rounding(found)));
            assertThat(found.spectralBound()).isGreaterThanOrEqualTo(kept < s.length ? s[kept] * (1 - 1e-14) : 0);
            for (int j = 0; j < found.s().length; j++) {
                assertThat(found.s()[j]).isCloseTo(s[j], within(rounding(found)));
            }
        }
    }

    /** What is there of floats is measured, not what was meant: 2^-24 of each number. */
    @Test
    void roundingToFloatsIsPartOfTheError() throws Exception {
        add(1, linear(60, 50, 6, 6));
        double doubles = residual(written(resize(EVERYTHING, Precision.DOUBLE), Precision.DOUBLE));
        double floats = residual(written(resize(EVERYTHING, Precision.FLOAT), Precision.FLOAT));
        double norm = MadeModel.norm(dense);
        assertThat(doubles / norm).isLessThan(1e-14);
        assertThat(floats / norm).isBetween(0x1p-24 / 8, 0x1p-24 * 8);
        assertThat(floats)
                .isCloseTo(error(written(resize(EVERYTHING, Precision.FLOAT), Precision.FLOAT)), within(1e-9 * norm));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void tablesAndConvolutionsComeBackAsTheyWere(Precision stored) throws Exception {
        add(
                2,
                new TestAdapter(true)
                        .embedding(MODULE, TestAdapter.gaussian(random, 8, 2), TestAdapter.gaussian(random, 2, 30)));
        add(
                1,
                new TestAdapter(true)
                        .embedding(MODULE, TestAdapter.gaussian(random, 8, 3), TestAdapter.gaussian(random, 3, 30)));
        Extraction.Result found = resize(EVERYTHING, stored);
        AdapterModule module = written(found, stored);
        assertThat(module.kind()).isEqualTo(AdapterModule.Kind.EMBEDDING);
        assertThat(module.out()).isEqualTo(30);
        assertThat(error(module)).isLessThan(rounding(found));

        adapters.clear();
        weights.clear();
        dense = null;
        add(
                1,
                new TestAdapter(true)
                        .convolution(
                                MODULE, TestAdapter.gaussian(random, 7, 2), TestAdapter.gaussian(random, 2, 24), 3, 2));
        found = resize(EVERYTHING, stored);
        module = written(found, stored);
        assertThat(module.inTensor().shape()).containsExactly(2L, 4L, 3L, 2L);
        assertThat(module.outTensor().shape()).containsExactly(7L, 2L, 1L, 1L);
        assertThat(error(module)).isLessThan(rounding(found));
    }

    /** One component more than asked for is the mistake of a well-known tool; here rank 1 is rank 1. */
    @Test
    void rankOneGivesRankOneByEveryRule() {
        TestAdapter one = linear(20, 15, 1, 1);
        add(1, one);
        add(0.5, one);
        List<Truncation> rules = List.of(
                EVERYTHING,
                new Truncation.Rank(1),
                new Truncation.Rank(7),
                new Truncation.Energy(1e-9),
                new Truncation.Energy(1),
                new Truncation.RelativeError(0),
                new Truncation.RelativeError(0.99));
        for (Truncation rule : rules) {
            assertThat(resize(rule, Precision.DOUBLE).rank()).as("%s", rule).isEqualTo(1);
        }
    }

    /** Orthogonal terms of known sizes, two of them alike to the 13th digit: a rule takes both or says why. */
    @Test
    void allEnergyIsEverythingAndTiesAreTies() {
        double[] sizes = {2, 1, 1 + 1e-13, 1e-6, 1e-11};
        double[][] left = MadeModel.orthonormal(random, 40, sizes.length);
        double[][] right = MadeModel.orthonormal(random, 30, sizes.length);
        for (double[] row : left) {
            for (int j = 0; j < sizes.length; j++) {
                row[j] *= sizes[j];
            }
        }
        add(1, new TestAdapter(true).linear(MODULE, left, MadeModel.transposed(right)));
        assertThat(resize(new Truncation.Energy(1), Precision.DOUBLE).rank()).isEqualTo(5);
        assertThat(resize(EVERYTHING, Precision.DOUBLE).rank()).isEqualTo(5);
        // 4 of 6, and 5 of 6 exactly but for roundings.
        assertThat(resize(new Truncation.Energy(4.0 / 6), Precision.DOUBLE).rank())
                .isEqualTo(1);
        assertThat(resize(new Truncation.Energy(5.0 / 6), Precision.DOUBLE).rank())
                .isEqualTo(2);
        assertThat(resize(new Truncation.RelativeError(Math.sqrt(1.0 / 6)), Precision.DOUBLE)
                        .rank())
                .isEqualTo(2);
        assertThat(resize(new Truncation.Energy(0.999), Precision.DOUBLE).rank())
                .isEqualTo(3);
        assertThat(resize(new Truncation.RelativeError(1e-9), Precision.DOUBLE).rank())
                .isEqualTo(4);
    }

    @Test
    void whatCancelsIsOfRankZero() {
        TestAdapter one = linear(20, 15, 6, 3);
        add(1, one);
        add(-1, one);
        Extraction.Result found = resize(new Truncation.Energy(1), Precision.DOUBLE);
        assertThat(found.rank()).isZero();
        assertThat(found.part()).isNull();
        assertThat(found.s()).containsOnly(0);
        adapters.clear();
        weights.clear();
        add(0, one);
        assertThat(resize(EVERYTHING, Precision.DOUBLE).rank()).isZero();
    }

    /**
     * 4096 x 4096 from two adapters of rank 64 that share half of their singular vectors, with opposite signs: what the sum's singular values
     * are is known, and what rank 16 leaves of it.
     */
    @Test
    void largeSumsLeaveWhatIsKnown() throws Exception {
        int order = 4096;
        int shared = 32;
        double[][] left = MadeModel.orthonormal(random, order, 96);
        double[][] right = MadeModel.transposed(MadeModel.orthonormal(random, order, 96));
        double[] s = new double[96];
        double[][] one = new double[order][64];
        double[][] other = new double[order][64];
        for (int j = 0; j < 96; j++) {
            double size = 100.0 / (1 + j);
            s[j] = j < shared ? size / 2 : size;
            for (int i = 0; i < order; i++) {
                if (j < 64) {
                    one[i][j] = left[i][j] * size;
                }
                if (j < shared || j >= 64) {
                    other[i][j < shared ? j : j - shared] = left[i][j] * (j < shared ? -size / 2 : size);
                }
            }
        }
        double[][] ofOther = new double[64][];
        for (int j = 0; j < 64; j++) {
            ofOther[j] = right[j < shared ? j : j + shared];
        }
        addFactors(one, Arrays.copyOf(right, 64));
        addFactors(other, ofOther);
        Arrays.sort(s);
        double[] falling = new double[96];
        Arrays.setAll(falling, j -> s[95 - j]);
        Extraction.Result found = resize(new Truncation.Rank(16), Precision.DOUBLE);
        AdapterModule module = written(found, Precision.DOUBLE);
        double rounding = order * Math.ulp(1.0) * tail(falling, 0);
        assertThat(residual(module)).isCloseTo(tail(falling, 16), within(rounding));
        for (int j = 0; j < 128; j++) {
            assertThat(found.s()[j]).isCloseTo(j < 96 ? falling[j] : 0, within(rounding));
        }
    }

    /** An adapter whose dense change is not formed. */
    private void addFactors(double[][] b, double[][] a) {
        TestAdapter made = new TestAdapter(true).factors(MODULE, b, a);
        Path place = made.write(folder.resolve("adapter" + adapters.size()));
        adapters.add(Adapter.read(MadeModel.CONF, place.toString()));
        weights.add(1.0);
    }

    @ParameterizedTest
    @CsvSource({"400,300,8", "300,400,60", "50,900,40", "64,64,64"})
    void memoryIsWhatPlansSay(int out, int in, int rank) throws Exception {
        add(1, linear(out, in, rank, 1));
        add(1, linear(out, in, rank, 2));
        AdapterSum.Target target = target();
        Arena.resetPeak();
        long before = Arena.liveBytes();
        Extraction.Result found = resize(EVERYTHING, Precision.FLOAT);
        assertThat(Arena.peakBytes() - before)
                .isBetween(Resizing.bytes(target) / 4, Resizing.bytes(target) + ALIGNMENT);
        AdapterModule module = written(found, Precision.FLOAT);
        Arena.resetPeak();
        residual(module);
        assertThat(Arena.peakBytes() - before)
                .isBetween(Resizing.residualBytes(target) / 4, Resizing.residualBytes(target) + ALIGNMENT);
    }
}
