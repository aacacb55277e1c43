package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.certify.Measure;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.linalg.Matrix;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.CircuitFiles;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages of jobs on weights say what their tables and manifests say. */
class WeightReportsTest {
    private static final int WIDTH = 12;

    /** Columns of a page's tables hold four significant digits. */
    private static final int DIGITS = 4;

    @TempDir
    Path folder;

    private String base;
    private String tuned;

    @BeforeEach
    void models() throws IOException {
        base = CircuitFiles.bert(3, WIDTH).write(folder.resolve("base.safetensors"));
        CircuitFiles changed = CircuitFiles.bert(3, WIDTH);
        for (int layer = 0; layer < 3; layer++) {
            for (String part : List.of("self.query", "self.value", "output.dense")) {
                Matrix m = changed.get("bert.encoder.layer." + layer + ".attention." + part + ".weight");
                Matrix delta = CircuitFiles.random(WIDTH, WIDTH, 7 + layer);
                for (int i = 0; i < m.values().length; i++) {
                    m.values()[i] += 0.05 * (layer + 1) * delta.values()[i];
                }
            }
        }
        tuned = changed.write(folder.resolve("tuned.safetensors"));
    }

    private String run(String output, String... pairs) throws IOException {
        List<String> all = new ArrayList<>(List.of(pairs));
        all.add("write.path=" + folder.resolve(output));
        Cli run = Cli.job(folder, all.toArray(String[]::new));
        assertThat(run.code()).as(run.message()).isZero();
        String page = Files.readString(folder.resolve(output).resolve("report.html"));
        assertThat(page).doesNotContain("NaN", "Infinity", "<script", "http");
        return page;
    }

    private RowTable.Columns matrices(String output) throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        return RowTable.read(
                conf, OutputFolder.read(conf, folder.resolve(output).toString()), "matrices");
    }

    private double measure(String output, String name) throws IOException {
        return Cli.manifest(folder.resolve(output)).findings().measures().stream()
                .filter(measure -> measure.name().equals(name))
                .mapToDouble(Measure::value)
                .findFirst()
                .orElseThrow();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f%%", 100 * share);
    }

    /** The largest and the smallest number of a column stand in a cell of a table. */
    private static void requireExtremes(String page, double[] values) {
        for (double value : new double[] {
            Arrays.stream(values).max().orElseThrow(),
            Arrays.stream(values).min().orElseThrow()
        }) {
            int before = value == 0 ? 0 : (int) Math.floor(Math.log10(value));
            String digits = value == Math.rint(value)
                    ? String.format(Locale.ROOT, "%,d", (long) value)
                    : String.format(Locale.ROOT, "%." + (DIGITS - 1 - before) + "f", value);
            assertThat(page).contains("<td>" + digits + "</td>");
        }
    }

    @Test
    void compressTellsErrorsSizesAndRanks() throws IOException {
        String page = run("out", "job=compress", "read.path=" + base, "factor.rank=3");
        double kept = measure("out", "kept parameters");
        double error = measure("out", "relative error");
        assertThat(page)
                .contains(String.format(
                        Locale.ROOT,
                        "Factors keep %.1f%% of the numbers of 13 matrices and miss %.1f%%",
                        100 * kept,
                        100 * error))
                .contains("<b>" + percent(kept) + "</b>", "<b>" + percent(error) + "</b>")
                .contains("12 matrices are stored as factors, one stays as it is")
                .contains("id=\"errors-map-t\"", "id=\"sizes-map-t\"", "id=\"spectra-0-t\"", "id=\"ranks-0-t\"");
        RowTable.Columns table = matrices("out");
        requireExtremes(page, table.numbers("relative_error"));
        Cli show = Cli.run("show", folder.resolve("out").toString());
        Integer[] order = IntStream.range(0, 13).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble(i -> -table.numbers("relative_error")[i]));
        for (int i : List.of(order[0], order[9], order[12])) {
            assertThat(show.out())
                    .containsPattern(table.texts("name")[i].replace(".", "\\.") + " .* "
                            + String.format(Locale.ROOT, "%.4g", table.numbers("relative_error")[i]));
        }
    }

    @Test
    void spectraAloneTellHowManyComponentsHoldMost() throws IOException {
        String page = run("out", "job=compress", "read.path=" + base, "write.factors=false");
        assertThat(page)
                .contains("of the components hold 90% of the median of 13 matrices", "id=\"energy-map-t\"")
                .doesNotContain("id=\"errors-map-t\"", "id=\"outputs\"");
    }

    private String inputs(String name, int seed) {
        Matrix mix = CircuitFiles.random(WIDTH, WIDTH, seed);
        for (int layer = 0; layer < 3; layer++) {
            Path file = folder.resolve(name)
                    .resolve("bert.encoder.layer." + layer + ".attention.self.query.weight.parquet");
            // As columns: inputs of which a few directions are strong.
            Matrix x = mix.times(CircuitFiles.random(WIDTH, 40, 100L * seed + layer));
            for (int i = 0; i < x.values().length; i++) {
                x.values()[i] *= Math.pow(0.5, i % WIDTH);
            }
            try (Arena arena = new Arena();
                    ParquetTableWriter writer = ParquetTableWriter.create(
                            new HadoopConf(new Configuration()),
                            new org.apache.hadoop.fs.Path(file.toString()),
                            List.of(new ParquetTableWriter.Column("features", ParquetTableWriter.Type.DOUBLE_VECTOR)),
                            "none",
                            Map.of())) {
                writer.rowGroup(x.cols(), List.of(new ColumnData.VectorData(x.store(arena), WIDTH, Precision.DOUBLE)));
                writer.finish();
            }
        }
        return folder.resolve(name).toString();
    }

    /** Choosing by outputs is never worse on the rows that chose: all dots of these lie on the line or below it. */
    @Test
    void outputsOfBothChoicesStandBesideEachOther() throws IOException {
        String page = run(
                "out",
                "job=compress",
                "read.path=" + base,
                "read.include=[\"*self.query*\"]",
                "read.calibration=" + inputs("chosen-by", 3),
                "read.held-out=" + inputs("others", 3),
                "read.vector=features",
                "factor.rank=3");
        assertThat(page)
                .contains("<b>" + percent(measure("out", "output error")) + "</b>")
                .contains("chosen by the matrices alone, " + percent(measure("out", "plain output error")));
        Matcher dots = Pattern.compile("class=\"dot (\\w+)\" cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"")
                .matcher(page);
        Matcher line = Pattern.compile("class=\"curve even\" d=\"M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)\"")
                .matcher(page.substring(page.indexOf("id=\"outputs-plot-t\"")));
        assertThat(line.find()).isTrue();
        double[] ends = IntStream.rangeClosed(1, 4)
                .mapToDouble(i -> Double.parseDouble(line.group(i)))
                .toArray();
        int kept = 0;
        int others = 0;
        while (dots.find()) {
            double x = Double.parseDouble(dots.group(2));
            double y = Double.parseDouble(dots.group(3));
            double atLine = ends[1] + (x - ends[0]) * (ends[3] - ends[1]) / (ends[2] - ends[0]);
            if (dots.group(1).equals("kept")) {
                kept++;
                // Pixels grow downwards, and are printed to a tenth.
                assertThat(y).isGreaterThan(atLine - 0.2);
            } else {
                others++;
            }
        }
        assertThat(kept).isEqualTo(3);
        assertThat(others).isEqualTo(3);
    }

    @Test
    void extractTellsWhatIsInTheAdapterAndWhatIsNot() throws IOException {
        String page = run(
                "out",
                "job=lora-extract",
                "read.base=" + base,
                "read.tuned=" + tuned,
                "read.include=[\"*self.query*\", \"*self.value*\"]",
                "factor.rank=2");
        RowTable.Columns table = matrices("out");
        double inside = 0;
        double missed = 0;
        for (int i = 0; i < table.numbers("delta_norm").length; i++) {
            double delta = table.numbers("delta_norm")[i];
            double error = table.numbers("relative_error")[i] * delta;
            inside += delta * delta - error * error;
            missed += error * error;
        }
        double elsewhere = measure("out", "change elsewhere");
        double all = (inside + missed) / (1 - elsewhere * elsewhere);
        assertThat(page)
                .contains(String.format(
                        Locale.ROOT,
                        "misses %.1f%% of the change in 6 matrices",
                        100 * measure("out", "relative error")))
                .contains("in the adapter</th>\n<td>" + percent(inside / all) + "</td>")
                .contains("missed by its ranks</th>\n<td>" + percent(missed / all) + "</td>")
                .contains("other tensors</th>\n<td>" + percent(elsewhere * elsewhere) + "</td>")
                .contains("3 tensors, 432 numbers, left out")
                .contains("<b>" + percent(measure("out", "relative delta")) + "</b>");
        requireExtremes(page, table.numbers("relative_error"));
    }

    @Test
    void mergeTellsWhatChangedAndWhatRoundingMakesOfIt() throws IOException {
        run(
                "extracted",
                "job=lora-extract",
                "read.base=" + base,
                "read.tuned=" + tuned,
                "read.include=[\"*self.query*\", \"*self.value*\"]",
                "factor.rank=2");
        String page = run(
                "out",
                "job=lora-merge",
                "read.base=" + base,
                "read.adapters=[\"" + folder.resolve("extracted/adapter") + "\"]");
        RowTable.Columns table = matrices("out");
        double delta = Math.sqrt(
                Arrays.stream(table.numbers("delta_norm")).map(x -> x * x).sum());
        double norm =
                Math.sqrt(Arrays.stream(table.numbers("norm")).map(x -> x * x).sum());
        assertThat(page)
                .contains(String.format(
                        Locale.ROOT, "Adapters change 6 matrices of a model by %.2f%%", 100 * delta / norm))
                .contains("<b>" + percent(delta / norm) + "</b>", "id=\"rounding-map-t\"");
        requireExtremes(
                page,
                IntStream.range(0, 6)
                        .mapToDouble(i -> table.numbers("delta_norm")[i] / table.numbers("norm")[i])
                        .toArray());
    }

    @Test
    void resizeTellsWhatTheNewRanksMiss() throws IOException {
        run(
                "extracted",
                "job=lora-extract",
                "read.base=" + base,
                "read.tuned=" + tuned,
                "read.include=[\"*self.query*\", \"*self.value*\"]",
                "factor.rank=4");
        String page = run(
                "out",
                "job=lora-resize",
                "read.adapters=[\"" + folder.resolve("extracted/adapter") + "\"]",
                "factor.rank=2");
        assertThat(page)
                .contains("<b>" + percent(measure("out", "relative error")) + "</b>")
                .contains("<b>" + String.format(Locale.ROOT, "%,.0f", measure("out", "parameters")) + "</b>")
                .contains("id=\"errors-map-t\"", "id=\"spectra-0-t\"", "id=\"ranks-0-t\"");
        requireExtremes(page, matrices("out").numbers("relative_error"));
    }
}
