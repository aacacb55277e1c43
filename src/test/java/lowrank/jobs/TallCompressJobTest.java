package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.RowSink;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.NumpyCopy;
import lowrank.linalg.Matrix;
import lowrank.spark.PassLog;
import lowrank.spark.SharedSpark;
import lowrank.spark.SparkBlocks;
import lowrank.store.FactorPieces;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.CircuitFiles;
import lowrank.weights.Compression;
import lowrank.weights.Selection;
import lowrank.weights.TallCompression;
import lowrank.weights.TestCheckpoint;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;
import lowrank.weights.WeightTable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Matrices of more than factor.task-entries. */
@ExtendWith(SharedSpark.class)
class TallCompressJobTest {
    private static final HadoopConf CONF = new HadoopConf(new Configuration());
    private static final double ROUNDING = 1e-12;
    private static final List<String> NAMES = List.of("attention.weight", "down.weight", "tokens.weight");

    @TempDir
    private Path folder;

    private Path model;

    private static Matrix decaying(int rows, int cols, int stream) {
        double[] sizes = new double[cols];
        Arrays.setAll(sizes, j -> Math.pow(0.7, j));
        return CircuitFiles.random(rows, cols, stream).scaleColumns(sizes);
    }

    @BeforeEach
    void model() throws IOException {
        model = folder.resolve("model.safetensors");
        TestCheckpoint.write(
                model,
                Map.of(
                        NAMES.get(0), decaying(40, 30, 1),
                        NAMES.get(1), decaying(9_000, 20, 2).transpose(),
                        NAMES.get(2), decaying(20_000, 16, 3)));
    }

    private Cli run(String out, String... more) throws IOException {
        String[] pairs = {"job=compress", "read.path=" + model, "write.path=" + folder.resolve(out)};
        String[] all = Arrays.copyOf(pairs, pairs.length + more.length);
        System.arraycopy(more, 0, all, pairs.length, more.length);
        return Cli.job(folder, all);
    }

    private OutputFolder.Result result(String out) throws IOException {
        return OutputFolder.read(CONF, folder.resolve(out).toString());
    }

    private RowTable.Columns matrices(String out) throws IOException {
        return RowTable.read(CONF, result(out), "matrices");
    }

    private String factors(String out) {
        return "read_parquet('" + folder.resolve(out) + "/factors/*.parquet')";
    }

    /** Two of three matrices by passes: tables, spectra and factors are those of the other way. */
    @ParameterizedTest
    @ValueSource(strings = {"factor.rank=6", "factor.relative-error=0.3", "factor.energy=0.9", "factor.budget=100000"})
    void bothWaysMakeTheSameTables(String rule) throws IOException, SQLException {
        List<String> rules = new ArrayList<>(List.of(rule, "write.codec=zstd"));
        Cli tasks = run("tasks", rules.toArray(String[]::new));
        assertThat(tasks.code()).as(tasks.err()).isZero();
        rules.add("factor.task-entries=100000");
        Cli passes = run("passes", rules.toArray(String[]::new));
        assertThat(passes.code()).as(passes.err()).isZero();
        RowTable.Columns one = matrices("tasks");
        RowTable.Columns other = matrices("passes");
        assertThat(other.texts("name")).isEqualTo(one.texts("name")).containsExactlyElementsOf(NAMES);
        assertThat(other.whole("rank")).isEqualTo(one.whole("rank"));
        assertThat(other.whole("factored")).isEqualTo(one.whole("factored"));
        assertThat(other.numbers("parameters")).isEqualTo(one.numbers("parameters"));
        assertThat(other.numbers("delta_norm")).containsExactly(one.numbers("delta_norm"), within(1e4 * ROUNDING));
        assertThat(other.numbers("entropy_rank")).containsExactly(one.numbers("entropy_rank"), within(1e2 * ROUNDING));
        RowTable.Columns spectra = RowTable.read(CONF, result("passes"), "spectra");
        assertThat(spectra.numbers("value"))
                .containsExactly(
                        RowTable.read(CONF, result("tasks"), "spectra").numbers("value"), within(1e4 * ROUNDING));
        // Each number of the products, whatever the signs of columns.
        String sums = "select sum((a.x - b.x) * (a.x - b.x)) from (%s) a join (%s) b using (name, o, i)";
        assertThat(Math.sqrt(EdgeCasesTest.ask(String.format(sums, products("tasks"), products("passes")))))
                .isLessThan(1e4 * ROUNDING);
        Manifest manifest = result("passes").manifest();
        assertThat(manifest.algorithm()).contains("tsqr", "100,000", "lapack");
        assertThat(EdgeCasesTest.ask("select count(*) from " + factors("passes")))
                .isEqualTo(manifest.factors().get("factors").rows())
                .isEqualTo(EdgeCasesTest.ask("select count(*) from " + factors("tasks")));
    }

    /** The first hundred inputs times the first hundred outputs of each matrix. */
    private String products(String out) {
        String side = "select * from " + factors(out) + " where row < 100 and side = ";
        return "select o.name, o.row as o, i.row as i, list_sum(list_transform(list_zip(o.values, i.values), z -> z[1] * z[2])) as x"
                + " from (" + side + "'out') o join (" + side + "'in') i using (name)";
    }

    @Test
    void valuesAloneTakeOnePassEach() throws IOException {
        Cli cli = run("spectra", "write.factors=false", "factor.task-entries=1");
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(result("spectra").manifest().passes())
                .extracting(Manifest.PassRecord::label)
                .containsOnly("QR")
                .hasSize(3);
        assertThat(result("spectra").manifest().factors()).containsOnlyKeys("matrices", "spectra");
    }

    /** One task or several for a matrix: digests do not tell. */
    @Test
    void anyNumberOfTasksLeavesTheSameBits(JavaSparkContext spark) {
        Weight weight = Selection.of(
                        Checkpoint.open(CONF, model.toString()),
                        new Selection.Rule(List.of("tokens*"), List.of(), List.of(), "read"))
                .weights()
                .get(0);
        List<List<Double>> values = new ArrayList<>();
        List<String> digests = new ArrayList<>();
        for (int tasks : new int[] {1, 2, 3}) {
            String out = folder.resolve("out-" + tasks).toString();
            try (OutputFolder to = OutputFolder.at(CONF, out, OutputFolder.Mode.FAIL)) {
                to.begin();
                Compression.Result found = new TallCompression(
                                CONF,
                                new Truncation.Rank(6),
                                to.factorsSink("f", Precision.FLOAT, "none"),
                                to.scratch())
                        .run(
                                new Compression.Task(0, weight, Compression.UNDECIDED),
                                source -> SparkBlocks.of(spark, source, tasks, new PassLog()),
                                parts -> joined(parts, tasks));
                values.add(Arrays.stream(found.s()).boxed().toList());
                values.get(values.size() - 1).forEach(value -> assertThat(value).isPositive());
                digests.add(to.collect("f", List.of(found.part()), 6, Precision.FLOAT)
                        .digest());
            }
        }
        assertThat(values).allMatch(values.get(0)::equals);
        assertThat(digests).allMatch(digests.get(0)::equals);
    }

    private static RowSink.Written joined(FactorPieces pieces, int tasks) {
        assertThat(pieces.out()).hasSize(tasks);
        try (Arena arena = new Arena()) {
            return pieces.join(arena);
        }
    }

    /** Column by column or from its highest byte on: the same passes, the same bits. What is compressed stays in one task. */
    @Test
    void arraysOfNumPyAreReadAsTheyLie() throws IOException {
        Path tensors = folder.resolve("tensors.safetensors");
        TestCheckpoint.write(
                tensors,
                Map.of(
                        "a.weight", decaying(9_000, 15, 1),
                        "b.weight", decaying(40, 30, 2),
                        "c.weight", decaying(10_000, 14, 3).transpose(),
                        "d.weight", decaying(12_000, 13, 4)));
        Path arrays = NumpyCopy.npz(tensors, folder.resolve("arrays.npz"));
        String[] keys = {"factor.rank=5", "factor.task-entries=10000", "read.path=" + tensors};
        Cli plain = run("plain", keys);
        assertThat(plain.code()).as(plain.err()).isZero();
        keys[2] = "read.path=" + arrays;
        Cli numpy = run("numpy", keys);
        assertThat(numpy.code()).as(numpy.err()).isZero();
        assertThat(digests("numpy")).isEqualTo(digests("plain"));
        assertThat(result("numpy").manifest().algorithm()).contains("tsqr");
        keys[0] = "read.include=[b.weight]";
        keys[1] = "factor.task-entries=1000";
        assertThat(run("deflated", keys).code()).isZero();
        assertThat(result("deflated").manifest().algorithm()).doesNotContain("tsqr");
    }

    private Map<String, String> digests(String out) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        result(out).manifest().factors().forEach((name, factor) -> digests.put(name, factor.digest()));
        return digests;
    }

    @Test
    void rowsThatGoInAreForMatricesOfOneTask() throws IOException {
        Files.createDirectory(folder.resolve("rows"));
        Files.writeString(folder.resolve("rows/any.parquet"), "");
        Cli cli =
                run("out", "factor.rank=6", "read.calibration=" + folder.resolve("rows"), "factor.task-entries=100000");
        assertThat(cli.code()).isEqualTo(78);
        assertThat(cli.message()).contains("down.weight", "180,000", "factor.task-entries = 100,000", "exclude it");
    }

    @Test
    void aPlanNamesThePasses() {
        Cli cli = plan("factor.task-entries=100000");
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(cli.out())
                .contains("tokens.weight, 20,000 x 16, is factored in passes over all tasks")
                .contains("pass        QR")
                .contains("pass        tall factor")
                .contains("and 1 more, likewise");
        assertThat(plan("factor.task-entries=1000000").out()).doesNotContain("tokens.weight");
        assertThat(plan("factor.task-entries=0.5").code()).isEqualTo(64);
    }

    /** Blocks and triangles of 3,000 columns beside 384 MB of overhead, and at once on eight cores; the other way needs far more. */
    @Test
    void whatFitsNeitherWayIsRefused() {
        Weight weight = new Weight(
                "tokens.weight",
                -1,
                Checkpoint.open(CONF, model.toString()).tensors().get(0),
                Weight.View.OUT_IN,
                200_000,
                3_000);
        TallPlan plan = new TallPlan(new WeightTable(CONF, weight), 10, Precision.DOUBLE);
        SparkConf conf = new SparkConf(false)
                .setMaster("spark://none:7077")
                .set("spark.executor.memory", "4g")
                .set("spark.executor.cores", "8");
        assertThatThrownBy(() -> plan.require(conf, 16))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("tokens.weight needs")
                .hasMessageContaining("spark.executor.memoryOverhead");
        plan.require(conf.set("spark.executor.memoryOverhead", "8g"), 16);
    }

    private Cli plan(String set) {
        return Cli.run(
                "plan",
                spec().toString(),
                "--set",
                "job=compress",
                "--set",
                "read.path=" + model,
                "--set",
                "write.path=" + folder.resolve("never"),
                "--set",
                set);
    }

    private Path spec() {
        try {
            return Files.writeString(folder.resolve("plan.conf"), "");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
