package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Offenders;
import lowrank.io.HadoopConf;
import lowrank.io.HeadFiles;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.linalg.Matrix;
import lowrank.models.Head;
import lowrank.models.HeadTables;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code job = attention} from files to files. */
class AttentionJobTest {
    private static final int WIDTH = 8;
    private static final int VALUES = 6;

    /** Rows of a head that is too large for one task where its rows are 640 bytes: 14 leaves. */
    private static final int LONG = 110_000;

    @TempDir
    private Path folder;

    /** Heads of two layers, of different lengths. */
    private static List<Head> heads(double scale, int... lengths) {
        List<Head> heads = new ArrayList<>();
        for (int h = 0; h < lengths.length; h++) {
            heads.add(Head.normal(h / 2, h % 2, lengths[h], WIDTH, VALUES, scale, 3L * h));
        }
        return heads;
    }

    private Cli attention(Path input, Path out, String... more) throws IOException {
        List<String> pairs = new ArrayList<>(List.of(
                "job=attention",
                "read.path=" + input,
                "read.position=pos",
                "read.keys=[layer, head]",
                "write.path=" + out));
        pairs.addAll(List.of(more));
        return Cli.job(folder, pairs.toArray(String[]::new));
    }

    /** The key that says how large a method's approximation is: one of the others would be refused. */
    private static String size(String method, int features, int landmarks) {
        return switch (method) {
            case "performer", "auto" -> "attention.features=" + features;
            case "exact" -> "attention.method=exact";
            default -> "attention.landmarks=" + landmarks;
        };
    }

    /** values of output/, all rows in the order of the files. */
    private static Matrix values(Path out) throws IOException {
        Manifest.Factor factor = Cli.manifest(out).factors().get(AttentionJob.OUTPUT);
        HadoopConf conf = new HadoopConf(new Configuration());
        Matrix all = Matrix.zeros((int) factor.rows(), factor.width());
        int at = 0;
        for (Manifest.Part part : factor.files()) {
            int rows = (int) part.rows();
            ParquetFooter footer = ParquetFooter.read(conf, new org.apache.hadoop.fs.Path(out + "/" + part.path()));
            List<ParquetRows.Target> targets =
                    List.of(new ParquetRows.Target("values", Precision.DOUBLE, factor.width(), 0, factor.width()));
            try (Arena arena = new Arena();
                    ParquetRows reader = ParquetRows.open(conf, footer, targets, null, 0)) {
                long address = arena.doubles((long) rows * factor.width());
                reader.read(rows, new long[] {address}, 0, new Offenders());
                double[] row = new double[factor.width()];
                for (int i = 0; i < rows; i++) {
                    OffHeap.get(address + 8L * i * row.length, row, 0, row.length);
                    for (int j = 0; j < row.length; j++) {
                        all.set(at + i, j, row[j]);
                    }
                }
            }
            at += rows;
        }
        return all;
    }

    private static double[] exact(Head head, boolean causal) {
        int n = head.positions();
        double[] out = new double[n * VALUES];
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < (causal ? i + 1 : n); j++) {
                double score = 0;
                for (int c = 0; c < WIDTH; c++) {
                    score += head.q().get(i, c) * head.k().get(j, c);
                }
                double weight = Math.exp(score / Math.sqrt(WIDTH));
                sum += weight;
                for (int c = 0; c < VALUES; c++) {
                    out[i * VALUES + c] += weight * head.v().get(j, c);
                }
            }
            for (int c = 0; c < VALUES; c++) {
                out[i * VALUES + c] /= sum;
            }
        }
        return out;
    }

    @ParameterizedTest
    @CsvSource({"exact, false", "exact, true", "auto, false"})
    void shortHeadsAreExact(String method, boolean causal) throws IOException {
        List<Head> heads = heads(1, 300, 1, 77, 1000);
        Path out = folder.resolve("out");
        Cli cli = attention(
                HeadTables.sorted().over(3).write(folder.resolve("in"), heads),
                out,
                "attention.method=" + method,
                "attention.causal=" + causal);
        assertThat(cli.code()).as(cli.err()).isZero();
        Matrix values = values(out);
        int at = 0;
        for (Head head : heads) {
            double[] exact = exact(head, causal);
            for (int i = 0; i < head.positions(); i++, at++) {
                for (int c = 0; c < VALUES; c++) {
                    assertThat(Math.abs(values.get(at, c) - exact[i * VALUES + c]))
                            .isLessThan(1e-13);
                }
            }
        }
        assertThat(at).isEqualTo(values.rows());
        Cli verified = Cli.run("verify", out.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
    }

    @Test
    void anApproximationSaysHowFarItIs() throws IOException {
        List<Head> heads = heads(0.5, 900, 1300);
        Path in = HeadTables.sorted().write(folder.resolve("in"), heads);
        for (String method : List.of("nystrom", "linformer", "performer")) {
            Path out = folder.resolve(method);
            Cli cli = attention(in, out, "attention.method=" + method, size(method, 256, 32), "attention.force=true");
            assertThat(cli.code()).as(cli.err()).isZero();
            Matrix values = values(out);
            double worst = 0;
            int at = 0;
            for (Head head : heads) {
                double[] exact = exact(head, false);
                double off = 0;
                double size = 0;
                for (int i = 0; i < exact.length; i++) {
                    off += Math.pow(values.get(at + i / VALUES, i % VALUES) - exact[i], 2);
                    size += exact[i] * exact[i];
                }
                worst = Math.max(worst, Math.sqrt(off / size));
                at += head.positions();
            }
            assertThat(Cli.measure(out, "relative error")).isBetween(0.7 * worst, 1.4 * worst);
            Cli verified = Cli.run("verify", out.toString());
            assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
        }
    }

    @Test
    void whatIsWorseThanTheMeanIsRefused() throws IOException {
        List<Head> heads = heads(3, 900, 1300);
        Path in = HeadTables.sorted().write(folder.resolve("in"), heads);
        Path out = folder.resolve("out");
        Cli cli = attention(in, out, "attention.method=nystrom", "attention.landmarks=4", "attention.inverse=0");
        assertThat(cli.code()).isEqualTo(70);
        assertThat(cli.message()).contains("layer = 0, head = ", "mean of all values", "attention.force = true");
        assertThat(out).doesNotExist();
        assertThat(folder.resolve("out.rejected")).exists();
    }

    /** A key of the name would be lost, or lose what is measured. */
    @ParameterizedTest
    @ValueSource(strings = {"exact", "performer", "nystrom", "linformer", "auto"})
    void columnsOfHeadsAreNoNamesForKeys(String method) throws IOException {
        Path in = HeadTables.sorted().write(folder.resolve("in"), heads(0.5, 900, 1000, 901, 700));
        Path out = folder.resolve("out");
        Cli cli = attention(
                in, out, "attention.method=" + method, "attention.force=true", size(method, 32, 64), "certify.rows=16");
        assertThat(cli.code()).as(cli.err()).isZero();
        HadoopConf conf = new HadoopConf(new Configuration());
        RowTable.Columns columns = RowTable.read(conf, OutputFolder.read(conf, out.toString()), AttentionResult.HEADS);
        List<String> own = new ArrayList<>(columns.columns().keySet());
        assertThat(own.remove("layer")).isTrue();
        assertThat(own.remove("head")).isTrue();
        assertThat(AttentionRead.WRITTEN).containsAll(own);
    }

    /** Values of which a thousand fit a float together come out right; where two do not, no infinity is written. */
    @ParameterizedTest
    @CsvSource({
        "exact, false",
        "exact, true",
        "performer, false",
        "performer, true",
        "nystrom, false",
        "linformer, false"
    })
    void largeValuesComeOutOrAreRefused(String method, boolean causal) throws IOException {
        Head small = heads(1.5, 700).get(0);
        // Their features are shifted by constants, and may be large.
        boolean fixedShifts = method.equals("performer") && causal;
        for (double size : new double[] {1e34, 2e38}) {
            double[] values = small.v().values().clone();
            Arrays.setAll(values, i -> size * Math.tanh(values[i]));
            Head large = new Head(
                    0,
                    0,
                    small.q(),
                    small.k(),
                    new Matrix(small.v().rows(), small.v().cols(), values));
            Path in = HeadTables.sorted().write(folder.resolve("in" + size), List.of(large));
            Matrix[] outputs = new Matrix[2];
            for (Precision precision : Precision.values()) {
                Path out = folder.resolve(precision.name() + size);
                Cli cli = attention(
                        in,
                        out,
                        "attention.method=" + method,
                        "attention.causal=" + causal,
                        "attention.force=true",
                        "blocks.precision=" + precision.name().toLowerCase(Locale.ROOT));
                if (precision == Precision.FLOAT && cli.code() != 0 && (size > 1e38 || fixedShifts)) {
                    assertThat(cli.code()).isEqualTo(70);
                    assertThat(cli.message()).contains("blocks.precision = double");
                    return;
                }
                assertThat(cli.code()).as(cli.err()).isZero();
                outputs[precision.ordinal()] = values(out);
            }
            for (int i = 0; i < outputs[0].values().length; i++) {
                assertThat(outputs[0].values()[i] / size)
                        .isCloseTo(outputs[1].values()[i] / size, Assertions.within(1e-3));
            }
        }
    }

    /** What is off by rounding alone is not worse than a mean that is off by nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"performer", "nystrom", "linformer"})
    void valuesThatAreAllAlikeAreNotRefused(String method) throws IOException {
        List<Head> heads = heads(1, 900, 1).stream()
                .map(head -> new Head(head.layer(), head.head(), head.q(), head.k(), alike(head.v())))
                .toList();
        Path in = HeadTables.sorted().write(folder.resolve("in"), heads);
        Cli cli = attention(in, folder.resolve("out"), "attention.method=" + method, "blocks.precision=float");
        assertThat(cli.code()).as(cli.err()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "linformer"})
    void outputsAreConverted(String method) throws IOException {
        Path in = HeadTables.sorted().write(folder.resolve("in"), heads(0.5, 90, 70));
        Path out = folder.resolve("out");
        assertThat(attention(in, out, "attention.method=" + method, "attention.force=true")
                        .code())
                .isZero();
        Cli cli = Cli.run("convert", out.toString(), "--to", "csv");
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(Files.readAllLines(folder.resolve("out-csv/output.csv")))
                .hasSizeGreaterThanOrEqualTo((int) values(out).rows());
        assertThat(folder.resolve("out-csv/heads.csv")).doesNotExist();
    }

    private static Matrix alike(Matrix v) {
        Matrix all = Matrix.zeros(v.rows(), v.cols());
        for (int i = 0; i < v.rows(); i++) {
            for (int j = 0; j < v.cols(); j++) {
                all.set(i, j, v.get(0, j));
            }
        }
        return all;
    }

    /**
     * Queries and keys of 64 normal numbers: features that are drawn in any way are farther off than the mean of all values, and the
     * interval of the error leaves no doubt. What a published table says of uniform attention (0.786) is found on the sample.
     */
    @ParameterizedTest
    @CsvSource({"positive, balanced", "positive, none", "hyperbolic, balanced"})
    void featuresOfLongQueriesAndKeysAreRefused(String map, String align) throws IOException {
        Path in = HeadTables.sorted().write(folder.resolve("in"), List.of(Head.normal(0, 0, 4096, 64, 64, 1, 5)));
        Path out = folder.resolve("out");
        Cli cli = attention(in, out, "attention.method=performer", "attention.map=" + map, "attention.align=" + align);
        assertThat(cli.code()).isEqualTo(70);
        assertThat(cli.message()).contains("performer leaves", "mean of all values", "attention.force = true");
        assertThat(cli.lastLine()).contains("code=70");
        assertThat(out).doesNotExist();
        Path rejected = folder.resolve("out.rejected");
        double uniform = Cli.measure(rejected, "uniform attention");
        assertThat(uniform).isBetween(0.85 * 0.7858, 1.15 * 0.7858);
        assertThat(Cli.manifest(rejected).findings().measures())
                .filteredOn(measure -> measure.name().equals("relative error"))
                .singleElement()
                .satisfies(measure -> assertThat(measure.lower()).isGreaterThan(uniform));
    }

    /** Short enough for features: the same table, a quarter as long, passes with a demand. */
    @Test
    void featuresOfShortQueriesAndKeysMeetADemand() throws IOException {
        Path in = HeadTables.sorted().write(folder.resolve("in"), List.of(Head.normal(0, 0, 4096, 64, 64, 0.25, 5)));
        Cli cli = attention(
                in, folder.resolve("out"), "attention.method=performer", "certify.require.relative-error=0.06");
        assertThat(cli.code()).as(cli.err()).isZero();
    }

    /** One group that all tasks work on, and short ones that share a task; from shuffled rows too. */
    @ParameterizedTest
    @CsvSource({
        "performer, false",
        "performer, true",
        "nystrom, false",
        "linformer, false",
        "auto, false",
    })
    void theBitsAreThoseOfAnyNumberOfTasks(String method, boolean causal) throws IOException {
        List<Head> heads = heads(0.3, 1, 900, 1, 1300);
        heads.set(0, Head.normal(0, 0, LONG, 32, 16, 0.3, 50));
        List<Head> one = heads.subList(0, 1);
        Path in = HeadTables.sorted().doubles().write(folder.resolve("in"), one);
        String digest = null;
        Set<Integer> tasks = new HashSet<>();
        int[] partitions = method.equals("performer") ? new int[] {1, 2, 7, 64} : new int[] {1, 7};
        for (int least : partitions) {
            digest = same(digest, in, method, causal, least);
            tasks.add(Cli.manifest(out(in, least)).passes().stream()
                    .filter(pass -> pass.rows() == LONG && pass.label().startsWith("outputs"))
                    .mapToInt(Manifest.PassRecord::tasks)
                    .findFirst()
                    .orElseThrow());
        }
        assertThat(tasks).hasSize(partitions.length);
        List<Head> few = heads.subList(1, 4);
        Path sorted = HeadTables.sorted().doubles().write(folder.resolve("sorted"), few);
        Path shuffled = HeadTables.sorted().doubles().over(7).shuffled(5).write(folder.resolve("shuffled"), few);
        same(same(null, sorted, method, causal, 1), shuffled, method, causal, 64);
    }

    /** The same numbers in another format, and in another order, have the same outputs. */
    @ParameterizedTest
    @CsvSource({"exact, DOUBLE", "performer, FLOAT"})
    void arrowFilesHaveTheOutputsOfParquet(String method, Precision stored) throws IOException {
        boolean single = stored == Precision.FLOAT;
        HeadFiles heads = new HeadFiles(new int[] {700, 3, 1900}, 2, 0, Type.TEXT, 16, 10, true);
        Path parquet = Files.createDirectory(folder.resolve("parquet"));
        heads.write(parquet, heads.rows(), 2, single ? Type.FLOAT_VECTOR : Type.DOUBLE_VECTOR);
        Path arrow = Files.createDirectory(folder.resolve("arrow"));
        heads.writeArrow(arrow, heads.rows(), 3, single);
        Path shuffled = Files.createDirectory(folder.resolve("shuffled"));
        heads.writeArrow(shuffled, heads.shuffled(2), 2, single);
        Set<Map<String, String>> digests = new HashSet<>();
        for (Path in : List.of(parquet, arrow, shuffled)) {
            Path out = folder.resolve("out-" + in.getFileName());
            Cli cli = attention(
                    in,
                    out,
                    "read.position=position",
                    "read.keys=[sequence, head]",
                    "read.mask=mask",
                    "attention.method=" + method,
                    "attention.force=true");
            assertThat(cli.code()).as(cli.err()).isZero();
            Map<String, String> found = new TreeMap<>();
            Cli.manifest(out).factors().forEach((name, factor) -> found.put(name, factor.digest()));
            digests.add(found);
            assertThat(Cli.run("verify", out.toString()).code()).isZero();
        }
        assertThat(digests).hasSize(1);
        assertThat(digests.iterator().next()).containsOnlyKeys("output", "heads");
    }

    private Path out(Path in, int partitions) {
        return folder.resolve("out-" + in.getFileName() + "-" + partitions);
    }

    private String same(String digest, Path in, String method, boolean causal, int partitions) throws IOException {
        Path out = out(in, partitions);
        Cli cli = attention(
                in,
                out,
                "attention.method=" + method,
                "attention.causal=" + causal,
                size(method, 16, 8),
                "attention.force=true",
                "read.partitions=" + partitions);
        assertThat(cli.code()).as(cli.err()).isZero();
        String found = Cli.manifest(out).factors().get(AttentionJob.OUTPUT).digest();
        if (digest != null) {
            assertThat(found).isEqualTo(digest);
        }
        return found;
    }
}
