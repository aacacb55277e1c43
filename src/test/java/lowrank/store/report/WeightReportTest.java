package lowrank.store.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Pages about the weights of models: what pictures say is what they were given, at any size. */
class WeightReportTest {
    private static final double RANDOM = 0.04;

    static String page(Section... sections) {
        Spectrum none = ReportTest.spectrum(0, 0, 0, 1, 0);
        return Report.html(
                ReportTest.manifest(none, "model", List.of(), List.of()), "A headline", "And more.", List.of(sections));
    }

    private static List<HeadFigures.Head> heads(int layers, int heads, SplittableRandom random) {
        List<HeadFigures.Head> all = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            for (int head = 0; head < heads; head++) {
                for (String matrix : List.of("QK", "OV")) {
                    all.add(new HeadFigures.Head(
                            layer,
                            head,
                            matrix,
                            2 * random.nextDouble() - 1,
                            1 + 60 * random.nextDouble(),
                            64,
                            10 * random.nextDouble()));
                }
            }
        }
        return all;
    }

    private static HeadPairs pairs(int layers, int heads, int most, SplittableRandom random) {
        HeadPairs pairs = new HeadPairs("Q", IntStream.range(0, layers).toArray(), heads, RANDOM, most);
        for (int from = 0; from < layers; from++) {
            for (int to = from + 1; to < layers; to++) {
                for (int i = 0; i < heads * heads; i++) {
                    pairs.add(from, i / heads, to, i % heads, RANDOM * Math.exp(random.nextDouble() - 0.5));
                }
            }
        }
        return pairs;
    }

    private static KindFigures.Ranks ranks(int rows, int cols, double... s) {
        return new KindFigures.Ranks(rows, cols, s, 1.5, 2, 3, rows * cols / (double) (rows + cols), 1);
    }

    /** The words of a picture that are of a type. */
    static List<String> words(Document page, String id, String type) {
        return ReportTest.elements(page, "svg").stream()
                .filter(svg -> svg.getAttribute("aria-labelledby").startsWith(id + "-t"))
                .flatMap(svg -> IntStream.range(
                                0, svg.getElementsByTagName("text").getLength())
                        .mapToObj(
                                i -> (Element) svg.getElementsByTagName("text").item(i)))
                .filter(text -> List.of(text.getAttribute("class").split(" ")).contains(type))
                .map(Element::getTextContent)
                .toList();
    }

    /** The page of some sections, which is sound. */
    static Document sound(Section... sections) throws IOException {
        String html = page(sections);
        requireSound(html);
        return ReportTest.parsed(html);
    }

    private static void requireSound(String html) throws IOException {
        Document page = ReportTest.parsed(html);
        assertThat(html).doesNotContain("NaN", "Infinity", "http", "url(", "src=", "href=");
        for (Element svg : ReportTest.elements(page, "svg")) {
            if (svg.getAttribute("aria-hidden").isEmpty()) {
                for (String id : svg.getAttribute("aria-labelledby").split(" ", -1)) {
                    assertThat(html).containsOnlyOnce("id=\"" + id + "\"");
                }
            }
        }
    }

    @Test
    void cellsHoldTheScoresOfTheirHeadsAndTablesTheExtremes() throws IOException {
        List<HeadFigures.Head> heads = heads(12, 12, new SplittableRandom(1));
        Document page = ReportTest.parsed(page(Section.heads(heads)));
        for (String matrix : List.of("QK", "OV")) {
            assertThat(words(page, "copying-" + matrix.toLowerCase(java.util.Locale.ROOT) + "-map", "count"))
                    .isEqualTo(heads.stream()
                            .filter(head -> head.matrix().equals(matrix))
                            .map(head -> Numbers.score(head.copyScore()))
                            .toList());
        }
        double[] scores = heads.stream()
                .filter(head -> head.matrix().equals("OV"))
                .mapToDouble(HeadFigures.Head::copyScore)
                .sorted()
                .toArray();
        List<String> named = ReportTest.elements(page, "td").stream()
                .map(Element::getTextContent)
                .toList();
        assertThat(named).contains(Numbers.of(scores[0]), Numbers.of(scores[4]), Numbers.of(scores[143]));
        assertThat(ReportTest.text(page))
                .contains(Arrays.stream(scores).filter(score -> score > 0).count() + " of 144 scores are above 0");
    }

    /** Without colour, what is negative is told by a dash where cells hold no numbers. */
    @Test
    void negativeCellsHoldDashesWhereThereAreNoNumbers() throws IOException {
        List<HeadFigures.Head> heads = heads(30, 40, new SplittableRandom(2));
        String html = page(Section.heads(heads));
        long negative = heads.stream().filter(head -> head.copyScore() < 0).count();
        Matcher dashes =
                Pattern.compile("class=\"dash(?: on)?\" d=\"([^\"]*)\"").matcher(html);
        long drawn = 0;
        while (dashes.find()) {
            drawn += dashes.group(1).chars().filter(c -> c == 'M').count();
        }
        // Two legends have a dash for each of their negative shades.
        assertThat(drawn).isEqualTo(negative + 2 * Shades.STEPS);
    }

    @Test
    void theLargestModelsMakeSmallPages() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        String html = page(Section.heads(heads(80, 64, random)), Section.composition(pairs(80, 64, 10, random)));
        requireSound(html);
        assertThat(html.length()).isLessThan(1_300_000);
        assertThat(ReportTest.text(ReportTest.parsed(html))).contains("A cell for each two layers");
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "3, 2", "12, 12", "5, 64"})
    void allPairsAreDrawnInTheirShadesAndTheStrongestAreNamed(int layers, int heads) throws IOException {
        HeadPairs pairs = pairs(layers, heads, 10, new SplittableRandom(layers));
        String html = page(Section.composition(pairs));
        requireSound(html);
        double[] scores = new double[(int) pairs.count()];
        int count = 0;
        SplittableRandom random = new SplittableRandom(layers);
        for (int i = 0; i < scores.length; i++) {
            scores[i] = RANDOM * Math.exp(random.nextDouble() - 0.5);
            count += scores[i] / RANDOM >= 1.25 ? 1 : 0;
        }
        Arrays.sort(scores);
        List<HeadPairs.Pair> strongest = pairs.strongest();
        assertThat(strongest).hasSize(Math.min(10, scores.length));
        for (int i = 0; i < strongest.size(); i++) {
            assertThat(strongest.get(i).score()).isEqualTo(scores[scores.length - 1 - i]);
            assertThat(html)
                    .contains(
                            Numbers.of(strongest.get(i).score()),
                            strongest.get(i).from());
        }
        // What is shaded is as wide as that many cells; a legend of 33 pixels for each shade comes on top.
        double cell = 520.0 / pairs.largest().length;
        Matcher shades =
                Pattern.compile("class=\"shade above\"[^>]* d=\"([^\"]*)\"").matcher(html);
        double width = 0;
        int runs = 0;
        while (shades.find()) {
            Matcher run = Pattern.compile("h([0-9.]+)").matcher(shades.group(1));
            while (run.find()) {
                double each = Double.parseDouble(run.group(1));
                boolean legend = shades.group(1).length() < 20 && each == 33;
                width += legend ? 0 : each;
                runs += legend ? 0 : 1;
            }
        }
        if (pairs.layersOfBin() == 0) {
            // A run's length is printed to a twentieth of a pixel.
            assertThat(width / cell).isCloseTo(count, within(0.05 * runs / cell + 1e-9));
        }
    }

    @Test
    void valuesThatAreTooWeakOrUnknownLeaveNoShade() {
        Shades scores = Shades.ofScores();
        assertThat(scores.level(0)).isZero();
        assertThat(scores.level(Double.NaN)).isZero();
        assertThat(scores.level(-1e-9)).isEqualTo(-1);
        assertThat(scores.level(1)).isEqualTo(Shades.STEPS).isEqualTo(-scores.level(-1));
        Shades counts = Shades.upTo(Arrays.stream(new double[] {0, 3, 7, 10, Double.POSITIVE_INFINITY, Double.NaN}));
        assertThat(counts).isEqualTo(new Shades(false, false, 0, 10));
        int last = 0;
        for (double value = 0; value <= 10; value += 0.01) {
            assertThat(counts.level(value)).isBetween(last, last + 1);
            last = counts.level(value);
        }
        assertThat(counts.level(Double.POSITIVE_INFINITY)).isEqualTo(Shades.STEPS);
        Shades ratios = Shades.upTo(Arrays.stream(new double[] {1, 2, 3, 1000}));
        assertThat(ratios.logarithmic()).isTrue();
        assertThat(ratios.level(0)).isZero();
        assertThat(ratios.level(1)).isEqualTo(1);
        assertThat(ratios.level(1000)).isEqualTo(Shades.STEPS);
        assertThat(Shades.upTo(Arrays.stream(new double[] {0, 0})).level(0)).isZero();
    }

    @Test
    void namesThatDifferInNumbersAreOfOneKind() {
        MatrixGrid grid = MatrixGrid.of(List.of(
                "bert.embeddings.word.weight",
                "bert.layer.0.query.weight",
                "bert.layer.0.experts.3.up.weight",
                "bert.layer.0.experts.4.up.weight",
                "bert.layer.2.query.weight",
                "bert.layer2norm.weight"));
        assertThat(grid.rows())
                .containsExactly("embeddings.word", "layer.*.query", "layer.*.experts.*.up", "layer2norm");
        assertThat(grid.cols()).containsExactly("–", "0", "2");
        double[][] largest = grid.largest(new double[] {1, 2, 3, 4, Double.NaN, 6});
        assertThat(largest[0]).containsExactly(1, Double.NaN, Double.NaN);
        assertThat(largest[1]).containsExactly(Double.NaN, 2, Double.NaN);
        assertThat(largest[2]).containsExactly(Double.NaN, 4, Double.NaN);
        assertThat(grid.note()).contains("the largest of them").doesNotContain("Not drawn");
    }

    @Test
    void tablesNameTheMatricesAtBothEnds() {
        List<String> names =
                IntStream.range(0, 40).mapToObj(i -> "h." + i + ".c_fc.weight").toList();
        double[] values =
                IntStream.range(0, 40).mapToDouble(i -> (i * 7 % 40) / 64.0).toArray();
        values[3] = Double.NaN;
        Table table = MatrixGrid.of(names).extremes(5, Map.of("error", values));
        assertThat(table.rows()).hasSize(11);
        assertThat(table.rows().get(5)).containsExactly("…", "");
        double[] sorted =
                Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
        for (int i = 0; i < 5; i++) {
            assertThat(table.rows().get(i).get(1)).isEqualTo(Numbers.counted(sorted[38 - i]));
            assertThat(table.rows().get(10 - i).get(1)).isEqualTo(Numbers.counted(sorted[i]));
        }
    }

    private static Section[] all(List<String> names, double[] values, List<KindFigures.Ranks> ranks) {
        MatrixGrid grid = MatrixGrid.of(names);
        Map<String, double[]> columns = new LinkedHashMap<>();
        columns.put("error", values);
        return new Section[] {
            Section.keyFigures(List.of(KeyFigure.share(0.25, "of all"), KeyFigure.number(Math.PI, "is <odd>"))),
            Section.matrices("errors", "Errors", "By matrix.", grid, values, grid.extremes(5, columns)),
            Section.spectra(grid, ranks),
            Section.outputs(List.of(new OutputsFigure.Rows("some rows", values, values))),
            Section.parts(
                    "parts",
                    "Parts",
                    "Of a whole.",
                    List.of(
                            new PartsFigure.Part("held", "held", 0.75, "so"),
                            new PartsFigure.Part("left", "outside", 0.25, "<b>"),
                            new PartsFigure.Part("none", "outside", Double.NaN, "")))
        };
    }

    @Test
    void namesOfTensorsAreTextAndNeverMarkup() throws IOException {
        List<String> names = List.of("a.0.<script>alert('1')</script>", "a.1.<script>alert('1')</script>", "\"&\u0001");
        String html =
                page(all(names, new double[] {1, 2, 3}, List.of(ranks(2, 3, 2, 1), ranks(2, 3, 2, 1), ranks(1, 1, 1))));
        requireSound(html);
        assertThat(ReportTest.elements(ReportTest.parsed(html), "script")).isEmpty();
        assertThat(ReportTest.text(ReportTest.parsed(html))).contains("0 · a.*.<script>alert('1')</script>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"layers", "kinds", "experts"})
    void tenThousandMatricesMakeABoundedPage(String what) throws IOException {
        List<String> names = IntStream.range(0, 10_000)
                .mapToObj(i -> switch (what) {
                    case "layers" -> "layers." + i + ".weight";
                    case "kinds" -> "m" + "x".repeat(i % 50) + Integer.toString(i, 36) + "y.weight";
                    default -> "layers." + i / 200 + ".experts." + i % 200 + ".up.weight";
                })
                .toList();
        SplittableRandom random = new SplittableRandom(4);
        double[] values =
                names.stream().mapToDouble(name -> random.nextDouble()).toArray();
        List<KindFigures.Ranks> ranks = names.stream()
                .map(name -> ranks(4, 5, 4, 3 * random.nextDouble(), 1, 0))
                .collect(Collectors.toList());
        String html = page(all(names, values, ranks));
        requireSound(html);
        assertThat(html.length()).isLessThan(500_000);
    }

    @Test
    void zerosAndUnknownNumbersDoNotBreakAxes() throws IOException {
        List<String> names = List.of("l.0.a", "l.0.b", "l.1.a", "l.1.b");
        List<KindFigures.Ranks> ranks = List.of(
                ranks(3, 3, 0, 0, 0), ranks(1, 1, 0), ranks(3, 3, 1e300, 1e-300, 0), ranks(1, 1, Double.MIN_VALUE));
        for (double[] values : new double[][] {
            {0, 0, 0, 0},
            {Double.NaN, Double.NaN, Double.NaN, Double.NaN},
            {Double.NaN, 0, 1e-300, 1e300},
            {1, 1, 1, 1},
            {1e-12, 1e-12, 1e-12, 1e-12}
        }) {
            requireSound(page(all(names, values, ranks)));
        }
        HeadFigures.Head zero = new HeadFigures.Head(0, 0, "OV", 0, 0, 1, 0);
        requireSound(page(Section.heads(List.of(zero)), Section.composition(pairs(1, 3, 5, new SplittableRandom(5)))));
        HeadPairs nothing = new HeadPairs("V", new int[] {4, 7}, 1, RANDOM, 5);
        nothing.add(4, 0, 7, 0, Double.NaN);
        assertThat(nothing.strongest()).isEmpty();
        HeadPairs none = new HeadPairs("V", new int[] {4, 7}, 1, RANDOM, 5);
        none.add(4, 0, 7, 0, 0);
        requireSound(page(Section.composition(nothing), Section.composition(none)));
        requireSound(page(all(List.of(), new double[0], List.of())));
    }
}
