package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.ElementType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExtractionTest {
    private static final int OUT = 40;
    private static final int IN = 30;
    private static final double[] PLANTED = {0.5, 0.25, 0.125, 1e-3};

    /** Storing W + D and W in doubles, taking them apart, and the SVD: some roundings of numbers of order 1. */
    private static final double DOUBLE_LOSS = 1e-13;

    @TempDir
    Path folder;

    private final Random random = new Random(7);
    private double[][] w;
    private double[][] d;

    @BeforeEach
    void plant() {
        w = MadeModel.gaussian(random, OUT, IN, 0.2);
        d = MadeModel.product(
                MadeModel.orthonormal(random, OUT, PLANTED.length),
                PLANTED,
                MadeModel.orthonormal(random, IN, PLANTED.length));
    }

    private static Selection.Rule rule(String... inOut) {
        return new Selection.Rule(List.of("*"), List.of("*embed*"), List.of(inOut), "read");
    }

    private ModelPairs pairs(MadeModel base, MadeModel tuned, String... inOut) {
        return ModelPairs.of(
                Checkpoint.open(
                        MadeModel.CONF,
                        base.write(folder.resolve("base.safetensors")).toString()),
                Checkpoint.open(
                        MadeModel.CONF,
                        tuned.write(folder.resolve("tuned.safetensors")).toString()),
                rule(inOut));
    }

    private TensorPair pair(ElementType type) {
        return pairs(
                        new MadeModel().add("layer.0.q.weight", type, w),
                        new MadeModel().add("layer.0.q.weight", type, MadeModel.sum(w, d)))
                .selected()
                .get(0);
    }

    private Extraction.Result extract(TensorPair pair, Truncation rule, Precision stored, AdapterModule.Kind kind) {
        try (Arena arena = new Arena()) {
            return new Extraction(
                            MadeModel.CONF,
                            rule,
                            stored,
                            folder.resolve("parts").toString())
                    .run(new Extraction.Task(pair, kind, Compression.UNDECIDED), arena);
        }
    }

    private Adapter written(List<AdapterFolder.Entry> entries, ElementType stored) throws Exception {
        Path adapter = folder.resolve("adapter");
        AdapterFolder out = new AdapterFolder(MadeModel.CONF, adapter.toString());
        out.writeTensors(entries, List.of(), stored);
        Files.writeString(
                adapter.resolve("adapter_config.json"),
                AdapterFolder.settings(entries, new AdapterFolder.Settings("base", "FEATURE_EXTRACTION", false)));
        return out.confirmed(entries);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void plantedDeltasComeBackWithTheErrorOfTheirTail(Precision stored) throws Exception {
        TensorPair pair = pair(ElementType.F64);
        Extraction.Result found = extract(pair, new Truncation.Rank(2), stored, AdapterModule.Kind.LINEAR);
        for (int j = 0; j < PLANTED.length; j++) {
            assertThat(found.s()[j]).isCloseTo(PLANTED[j], within(DOUBLE_LOSS));
        }
        ElementType type = stored == Precision.FLOAT ? ElementType.F32 : ElementType.F64;
        Adapter adapter = written(
                List.of(AdapterFolder.Entry.of(pair.tuned(), AdapterModule.Kind.LINEAR, 2, found.part())), type);
        AdapterModule module = adapter.modules().get(0);
        assertThat(module.path()).isEqualTo("layer.0.q");
        double tail = Math.hypot(PLANTED[2], PLANTED[3]);
        double slack = found.spectralSlack() + DOUBLE_LOSS;
        try (Arena arena = new Arena()) {
            assertThat(pair.residual(MadeModel.CONF, module, arena)).isCloseTo(tail, within(slack));
            double[][] product = product(module, arena);
            double[][] error = new double[OUT][IN];
            for (int i = 0; i < OUT; i++) {
                for (int j = 0; j < IN; j++) {
                    error[i][j] = d[i][j] - product[i][j];
                }
            }
            assertThat(MadeModel.norm(error)).isCloseTo(tail, within(slack));
            FactorPair factors = module.load(MadeModel.CONF, arena);
            for (int k = 0; k < 2; k++) {
                assertThat(largest(factors.outFactor().address() + 8L * k, OUT)).isPositive();
            }
        }
        assertThat(found.spectralBound()).isBetween(PLANTED[2], PLANTED[2] + 1e-6);
        assertThat(found.energy()).isCloseTo(1 - tail * tail / sumOfSquares(), within(1e-12));
    }

    private static double sumOfSquares() {
        double sum = 0;
        for (double s : PLANTED) {
            sum += s * s;
        }
        return sum;
    }

    /** The entry of largest magnitude of a column of two. */
    private static double largest(long address, int rows) {
        double largest = 0;
        for (int i = 0; i < rows; i++) {
            double value = OffHeap.getDouble(address + 16L * i);
            largest = Math.abs(value) > Math.abs(largest) ? value : largest;
        }
        return largest;
    }

    static double[][] product(AdapterModule module, Arena arena) {
        FactorPair factors = module.load(MadeModel.CONF, module.scale(), arena);
        double[][] product = new double[module.out()][module.in()];
        for (int i = 0; i < module.out(); i++) {
            for (int j = 0; j < module.in(); j++) {
                for (int k = 0; k < module.rank(); k++) {
                    product[i][j] += OffHeap.getDouble(factors.outFactor().row(i) + 8L * k)
                            * OffHeap.getDouble(factors.inFactor().row(j) + 8L * k);
                }
            }
        }
        return product;
    }

    @Test
    void aRankOneDeltaGivesRankOneAndAllEnergyKeepsEverything() {
        d = MadeModel.product(
                MadeModel.orthonormal(random, OUT, 1), new double[] {0.5}, MadeModel.orthonormal(random, IN, 1));
        TensorPair pair = pair(ElementType.F64);
        assertThat(extract(pair, new Truncation.Energy(0.999), Precision.DOUBLE, AdapterModule.Kind.LINEAR)
                        .rank())
                .isEqualTo(1);
        // Roundings of W + D are of full rank, and a share of 1 leaves nothing out; that is beyond break-even, so no
        // factors.
        Extraction.Result all = extract(pair, new Truncation.Energy(1), Precision.DOUBLE, AdapterModule.Kind.LINEAR);
        assertThat(all.rank()).isEqualTo(IN);
        assertThat(all.part()).isNull();
    }

    @Test
    void manyModulesOfManyRanksKeepTheirOwn() throws Exception {
        MadeModel base = new MadeModel();
        MadeModel tuned = new MadeModel();
        String[] names = {"q", "x.q", "layer.1.q", "layer.11.q", "layer_1.q", "embed"};
        for (String name : names) {
            base.add(name + ".weight", ElementType.F32, w);
            tuned.add(name + ".weight", ElementType.F32, MadeModel.sum(w, d));
        }
        List<AdapterFolder.Entry> entries = new ArrayList<>();
        ModelPairs pairs = pairs(base, tuned);
        assertThat(pairs.others()).hasSize(1);
        List<TensorPair> all = new ArrayList<>(pairs.selected());
        all.addAll(pairs.others());
        for (TensorPair pair : all) {
            AdapterModule.Kind kind =
                    pair.name().startsWith("embed") ? AdapterModule.Kind.EMBEDDING : AdapterModule.Kind.LINEAR;
            int rank = 1 + entries.size() % 4;
            Extraction.Result found = extract(pair, new Truncation.Rank(rank), Precision.FLOAT, kind);
            entries.add(AdapterFolder.Entry.of(pair.tuned(), kind, rank, found.part()));
        }
        Adapter adapter = written(entries, ElementType.F32);
        assertThat(adapter.modules()).hasSize(names.length);
        for (AdapterModule module : adapter.modules()) {
            TensorPair pair = all.stream()
                    .filter(p -> p.tuned().module().equals(module.path()))
                    .findFirst()
                    .orElseThrow();
            double tail = 0;
            for (int j = module.rank(); j < PLANTED.length; j++) {
                tail += PLANTED[j] * PLANTED[j];
            }
            try (Arena arena = new Arena()) {
                // Float storage of the models themselves is seen here: 1,200 numbers, each within 2^-24.
                assertThat(pair.residual(MadeModel.CONF, module, arena)).isCloseTo(Math.sqrt(tail), within(5e-6));
            }
        }
    }

    /** Matrices stored (in, out), and an order that differs between base and tuned model, give the same adapter. */
    @Test
    void storedOrdersMakeNoDifference() {
        TensorPair turned = pairs(
                        new MadeModel().add("layer.0.q.weight", ElementType.F64, MadeModel.transposed(w)),
                        new MadeModel()
                                .add("layer.0.q.weight", ElementType.F64, MadeModel.transposed(MadeModel.sum(w, d))),
                        "*")
                .selected()
                .get(0);
        Weight plain = Weight.of(
                Checkpoint.open(
                                MadeModel.CONF,
                                new MadeModel()
                                        .add("layer.0.q.weight", ElementType.F64, w)
                                        .write(folder.resolve("plain.safetensors"))
                                        .toString())
                        .tensors()
                        .get(0),
                Weight.View.OUT_IN);
        check(turned);
        check(new TensorPair(plain.tensor(), turned.tunedTensor(), plain, turned.tuned()));
    }

    private void check(TensorPair pair) {
        try (Arena arena = new Arena()) {
            TensorPair.Change of = pair.compare(MadeModel.CONF, arena);
            assertThat(of.delta()).isCloseTo(Math.sqrt(sumOfSquares()), within(DOUBLE_LOSS));
            assertThat(of.base()).isCloseTo(MadeModel.norm(w), within(1e-12));
            double[] s = extract(pair, new Truncation.Rank(2), Precision.FLOAT, AdapterModule.Kind.LINEAR)
                    .s();
            assertThat(s[0]).isCloseTo(PLANTED[0], within(DOUBLE_LOSS));
        }
    }

    /** The formula against roundings that are made: 1,200 of them, whose root mean square is within 6 % at three deviations. */
    @Test
    void noiseIsWhatRoundingLeaves() {
        double[][] rounded = new double[OUT][IN];
        for (int i = 0; i < OUT; i++) {
            for (int j = 0; j < IN; j++) {
                rounded[i][j] = MadeModel.brain(w[i][j]);
            }
        }
        TensorPair pair = pairs(
                        new MadeModel().add("q.weight", ElementType.F32, w),
                        new MadeModel().add("q.weight", ElementType.BF16, rounded))
                .selected()
                .get(0);
        try (Arena arena = new Arena()) {
            TensorPair.Change change = pair.compare(MadeModel.CONF, arena);
            assertThat(change.aboveNoise()).isCloseTo(1, within(0.06));
            assertThat(change.isNoise()).isTrue();
        }
        assertThat(compare(ElementType.BF16).isNoise()).isFalse();
        d = MadeModel.product(
                MadeModel.orthonormal(random, OUT, 1), new double[] {1e-3}, MadeModel.orthonormal(random, IN, 1));
        assertThat(compare(ElementType.BF16).isNoise()).isTrue();
        assertThat(compare(ElementType.F32).isNoise()).isFalse();
    }

    private TensorPair.Change compare(ElementType type) {
        try (Arena arena = new Arena()) {
            return pair(type).compare(MadeModel.CONF, arena);
        }
    }

    @Test
    void cosinesTellRelatives() {
        assertThat(compare(ElementType.F32).cosine()).isGreaterThan(0.9);
        d = MadeModel.sum(MadeModel.gaussian(random, OUT, IN, 0.2), MadeModel.product(w, minusOnes(), eye(IN)));
        assertThat(Math.abs(compare(ElementType.F32).cosine())).isLessThan(0.15);
    }

    private static double[] minusOnes() {
        double[] ones = new double[IN];
        Arrays.fill(ones, -1);
        return ones;
    }

    private static double[][] eye(int n) {
        double[][] eye = new double[n][n];
        for (int i = 0; i < n; i++) {
            eye[i][i] = 1;
        }
        return eye;
    }

    @Test
    void matricesOfOneModelAloneAreRefused() {
        MadeModel one = new MadeModel().add("q.weight", ElementType.F32, w);
        MadeModel both = new MadeModel().add("q.weight", ElementType.F32, w).add("k.weight", ElementType.F32, w);
        MadeModel grown = new MadeModel().add("q.weight", ElementType.F32, MadeModel.gaussian(random, OUT + 2, IN, 1));
        assertThatThrownBy(() -> pairs(one, both))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("k.weight");
        assertThatThrownBy(() -> pairs(both, one))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("k.weight");
        assertThatThrownBy(() -> pairs(one, grown))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("q.weight");
        ModelPairs pairs = pairs(
                new MadeModel().add("q.weight", ElementType.F32, w).add("embed.weight", ElementType.F32, w),
                new MadeModel()
                        .add("q.weight", ElementType.F32, w)
                        .add("embed.weight", ElementType.F32, MadeModel.gaussian(random, OUT + 2, IN, 1))
                        .add("extra.bias", ElementType.F32, new double[3], 3));
        assertThat(pairs.reshaped()).hasSize(1);
        assertThat(pairs.added()).hasSize(1);
    }
}
