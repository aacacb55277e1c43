package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Offenders;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.linalg.Matrix;
import lowrank.models.Head;
import lowrank.models.HeadTables;
import lowrank.random.Philox;
import lowrank.store.Manifest;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code job = attention} from files to files. */
class AttentionJobTest {
    private static final int WIDTH = 8;
    private static final int VALUES = 6;

    @TempDir
    private Path folder;

    private static Matrix normal(int rows, int cols, double scale, long seed) {
        Philox random = new Philox(seed, 9);
        double[] row = new double[cols];
        Matrix all = Matrix.zeros(rows, cols);
        for (int i = 0; i < rows; i++) {
            random.gaussians(i, 0, row, 0, cols);
            for (int j = 0; j < cols; j++) {
                all.set(i, j, (float) (scale * row[j]));
            }
        }
        return all;
    }

    /** Heads of two layers, of different lengths. */
    private static List<Head> heads(double scale, int... lengths) {
        List<Head> heads = new ArrayList<>();
        for (int h = 0; h < lengths.length; h++) {
            heads.add(new Head(
                    h / 2,
                    h % 2,
                    normal(lengths[h], WIDTH, scale, 3L * h),
                    normal(lengths[h], WIDTH, scale, 3L * h + 1),
                    normal(lengths[h], VALUES, 1, 3L * h + 2)));
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
            Cli cli =
                    attention(in, out, "attention.method=" + method, "attention.landmarks=32", "attention.force=true");
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
        List<Head> heads = heads(0.3, 400_000, 900, 1, 1300);
        Path in = HeadTables.sorted().doubles().write(folder.resolve("in"), heads);
        String digest = null;
        for (int partitions : method.equals("performer") ? new int[] {1, 2, 7, 64} : new int[] {1, 7}) {
            digest = same(digest, in, method, causal, partitions);
        }
        List<Head> few = heads(0.3, 900, 1, 1300);
        Path sorted = HeadTables.sorted().doubles().write(folder.resolve("sorted"), few);
        Path shuffled = HeadTables.sorted().doubles().over(7).shuffled(5).write(folder.resolve("shuffled"), few);
        same(same(null, sorted, method, causal, 1), shuffled, method, causal, 64);
    }

    private String same(String digest, Path in, String method, boolean causal, int partitions) throws IOException {
        Path out = folder.resolve("out-" + in.getFileName() + "-" + partitions);
        Cli cli = attention(
                in,
                out,
                "attention.method=" + method,
                "attention.causal=" + causal,
                "attention.features=16",
                "attention.landmarks=8",
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
