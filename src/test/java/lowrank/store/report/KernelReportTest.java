package lowrank.store.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.linalg.Matrix;
import lowrank.regress.LambdaPath;
import lowrank.regress.Scores;
import lowrank.store.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** The pages of kernel jobs. */
class KernelReportTest {
    private static final String MODEL = "{\"kernel\":{\"name\":\"gaussian\",\"bandwidth\":2040.0},"
            + "\"features\":{\"map\":\"nystrom\",\"inputs\":784,\"sizes\":[1000],\"seeds\":[42]},\"precision\":\"DOUBLE\",\"fit\":";
    private static final String CLASSES =
            "{\"lambda\":1e-5,\"noise\":[1,1,1],\"classes\":{\"type\":\"TEXT\",\"numbers\":[0,1,2],\"texts\":[\"cat\",\"<dog>\",\"ox\"]}}}";
    private static final String NUMBERS = "{\"lambda\":1e-5,\"noise\":[0.04],\"targets\":[\"log(price)\"],"
            + "\"tried\":[{\"bandwidth\":1000,\"score\":0.5},{\"bandwidth\":2040,\"score\":0.25}]}}";

    private static Manifest manifest(String job, String model, Measure... measures) {
        Manifest svd = ReportTest.manifest(
                ReportTest.spectrum(5, 50, 10, 0.5, 0), "data/images.parquet", List.of(), List.of());
        try {
            return new Manifest(
                    Manifest.FORMAT,
                    job,
                    "complete",
                    svd.spec(),
                    svd.specDigest(),
                    svd.input(),
                    svd.shape(),
                    "nystrom",
                    svd.reasons(),
                    512,
                    svd.versions(),
                    null,
                    new Findings(List.of(measures), List.of(), List.of()),
                    model == null ? null : new ObjectMapper().readTree(MODEL + model),
                    svd.passes(),
                    svd.factors());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The page as an XML parser sees it, without anything that is no number, and with all lines inside their pictures. */
    private static Document checked(String html) throws IOException {
        assertThat(html).doesNotContain("NaN", "Infinity", "http", "url(", "src=", "href=");
        Document page;
        try {
            page = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(html)));
        } catch (ParserConfigurationException | SAXException e) {
            throw new AssertionError(html, e);
        }
        NodeList lines = page.getElementsByTagName("line");
        for (int i = 0; i < lines.getLength(); i++) {
            for (String coordinate : List.of("x1", "x2", "y1", "y2")) {
                assertThat(Double.parseDouble(((Element) lines.item(i)).getAttribute(coordinate)))
                        .isBetween(0.0, 660.0);
            }
        }
        return page;
    }

    private static String text(Document page) {
        // Cells of a table end lines.
        return page.getDocumentElement().getTextContent().replaceAll("\\s*\\n\\s*", "|");
    }

    private static String headline(Document page) {
        return page.getElementsByTagName("h1").item(0).getTextContent();
    }

    private static int count(Document page, String tag, String type) {
        NodeList all = page.getElementsByTagName(tag);
        return (int) IntStream.range(0, all.getLength())
                .mapToObj(i -> (Element) all.item(i))
                .filter(e -> List.of(e.getAttribute("class").split(" ", -1)).contains(type))
                .count();
    }

    private static double[] filled(int n, double value) {
        double[] all = new double[n];
        Arrays.fill(all, value);
        return all;
    }

    /** Scores that are least at the penalty 10^-8 of 20, descending as a job gives them. */
    private static LambdaPath path() {
        double[] lambda =
                IntStream.range(0, 20).mapToDouble(i -> Math.pow(10, -1 - i)).toArray();
        double[] gcv = IntStream.range(0, 20)
                .mapToDouble(i -> 0.04 + 0.01 * Math.abs(i - 7))
                .toArray();
        // Too small penalties explode, as with folds.
        double[] folds =
                IntStream.range(0, 20).mapToDouble(i -> i > 15 ? 1e6 : gcv[i]).toArray();
        double[] df = IntStream.range(0, 20).mapToDouble(i -> 50 * i).toArray();
        return new LambdaPath(lambda, gcv, folds, filled(20, Double.NaN), df);
    }

    @Test
    void numbersAreToldInTheUnitsOfTheTarget() throws IOException {
        Manifest m = manifest("regress", NUMBERS, Measure.exact("k-fold error", 0.04, "a mean square"));
        String html = Report.html(
                m,
                m,
                List.of(
                        Section.path(path(), 1e-8, "kfold", false),
                        Section.eigenvalues(new double[] {9, 3, 1e-9}, 0.5)));
        Document page = checked(html);
        assertThat(headline(page))
                .isEqualTo("log(price) learnt from 1,234,567 rows, with an error of 0.2000 on held-out rows");
        assertThat(text(page))
                .contains("chosen: 1.000×10⁻⁸", "Not drawn: 4 penalties with a far larger error", "All 20 penalties")
                .contains("2 of 3 lie above n lambda = 0.5000")
                .contains(
                        "Gaussian kernel, bandwidth 2,040",
                        "1,000 Nyström features of 784 columns",
                        "the lowest was taken")
                .contains("A mean square.")
                .doesNotContain("demanded", "leave-one-out");
        assertThat(count(page, "span", "key")).isEqualTo(2);
        assertThat(count(page, "tr", "chosen")).isEqualTo(2);
    }

    @Test
    void anErrorRateIsNeverDrawnWithMeanSquares() throws IOException {
        Manifest m = manifest("regress", CLASSES, Measure.exact("k-fold error", 0.125, ""));
        Document page = checked(Report.html(m, m, List.of(Section.path(path(), 1e-8, "kfold", true))));
        assertThat(headline(page))
                .isEqualTo("3 classes learnt from 1,234,567 rows, with an error of 12.50% on held-out rows");
        assertThat(count(page, "path", "gcv")).isZero();
        assertThat(text(page)).contains("GCV, mean square of ±1", "error rate");
        Manifest gcv = manifest("regress", CLASSES, Measure.exact("GCV", 0.1, ""));
        Document other = checked(Report.html(gcv, gcv, List.of(Section.path(path(), 1e-8, "gcv", true))));
        assertThat(headline(other)).doesNotContain("error");
        assertThat(text(other)).contains("How many rows are put into a wrong class was not measured");
    }

    /** Exact fits, a single penalty, scores that are not known, penalties at the ends and out of order. */
    @ParameterizedTest
    @CsvSource({"0, 0, 5", "0.1, 0, 5", "1e-300, 1e300, 3", "NaN, 1, 4", "1, 1, 1", "Infinity, 1, 3", "1e6, 1e6, 2"})
    void anyPathIsDrawnInside(double first, double rest, int count) throws IOException {
        double[] scores = filled(count, rest);
        scores[0] = first;
        double[] lambda = IntStream.range(0, count)
                .mapToDouble(i -> i == 1 ? 1e-14 : 1.0 / (1 + i))
                .toArray();
        LambdaPath path = new LambdaPath(lambda, scores, filled(count, Double.NaN), filled(count, Double.NaN), scores);
        Manifest m = manifest("regress", NUMBERS);
        for (int i = 0; i < count; i++) {
            double chosen = lambda[i];
            boolean shown = count > 1 && Double.isFinite(scores[i]);
            String html = Report.html(m, m, List.of(Section.path(path, chosen, "gcv", false)));
            Document page = checked(html.replace("∞", ""));
            assertThat(count(page, "svg", "wide")).isEqualTo(shown ? 1 : 0);
        }
    }

    @Test
    void landmarksShowWhatTheyLeave() throws IOException {
        double[] left =
                IntStream.range(0, 100).mapToDouble(j -> Math.pow(0.9, j + 1)).toArray();
        left[99] = 0;
        Manifest m =
                manifest("nystrom", "null}", new Measure("trace residual", 0.03, 0.03, 0.03, 0, "tr(K - K^) / tr K"));
        Document page = checked(Report.html(m, m, List.of(Section.traceLeft(left), Section.traceLeft(new double[0]))));
        assertThat(headline(page))
                .isEqualTo("1,000 Nyström features hold 97.00% of a Gaussian kernel of 1,234,567 rows");
        // 0.9^7 is the first power below a half, 0.9^22 the first below a tenth.
        assertThat(text(page)).contains("50%|7|", "10%|22|", "tr(K - K^) / tr K.");
    }

    @Test
    void featuresShowTheirErrorInItsInterval() throws IOException {
        Measure error = new Measure("kernel error", 0.05, 0.04, null, 1e-3, "|ZZ' - K| / |K|");
        Manifest m = manifest("features", "null}", error);
        Document page = checked(
                Report.html(m, m, List.of(Section.interval(error), Section.interval(Measure.exact("x", 1, "")))));
        assertThat(headline(page)).contains("miss 5.00% of a Gaussian kernel on sampled rows");
        assertThat(text(page)).contains("No upper end is known", "but for a probability of 0.001. ");
    }

    private static Document predicted(String model, Scores scores, List<String> names, Measure... measures)
            throws IOException {
        return checked(Report.html(
                manifest("predict", null, measures),
                manifest("regress", model),
                List.of(Section.scores(scores, names))));
    }

    @Test
    void confusionsAreDrawnCellByCell() throws IOException {
        Matrix confusion = Matrix.zeros(3, 3);
        confusion.set(0, 0, 8);
        confusion.set(0, 1, 2);
        confusion.set(1, 1, 5);
        Scores scores = new Scores.Labels(15, 2, 0, confusion);
        List<String> names = List.of("cat", "<dog>", "ox");
        Document page = predicted(CLASSES, scores, names, Measure.exact("error rate", 2.0 / 15, ""));
        assertThat(headline(page)).isEqualTo("Classes of 1,234,567 rows told with an error of 13.33%");
        assertThat(count(page, "rect", "cell")).isEqualTo(9);
        assertThat(count(page, "rect", "wrong")).isEqualTo(1);
        assertThat(text(page))
                .contains("2 of class cat told as <dog>: 20.00%", "Most often class cat is taken for <dog>")
                .contains("cat|10|80.00%|100%", "<dog>|5|100%|71.43%", "ox|0|–|–");
        Document untold = predicted(CLASSES, null, names);
        assertThat(headline(untold)).isEqualTo("Classes of 1,234,567 rows told by what 1,234,567 rows taught");
    }

    @Test
    void manyClassesShowTheWorstPairs() throws IOException {
        int n = 31;
        Matrix confusion = Matrix.zeros(n, n);
        for (int i = 0; i < n; i++) {
            confusion.set(i, i, 100 - i);
            confusion.set(i, (i + 1) % n, i);
        }
        List<String> names = IntStream.range(0, n).mapToObj(i -> "c" + i).toList();
        Document page = predicted(CLASSES, new Scores.Labels(3100, 465, 0, confusion), names);
        assertThat(count(page, "rect", "cell")).isZero();
        assertThat(text(page)).contains("c30|c0|30|30.00%", "c11|c12|11|11.00%").doesNotContain("c10|c11");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 147})
    void targetsAreListedTheWorstFirst(int t) throws IOException {
        double[] rss = IntStream.range(0, t).mapToDouble(k -> k).toArray();
        double[] squares = filled(t, 200);
        squares[0] = 0;
        List<String> names = IntStream.range(0, t).mapToObj(k -> "y" + k).toList();
        Document page = predicted(
                NUMBERS, new Scores.Numbers(10, rss, filled(t, 0), squares), names, Measure.exact("RMSE", 0.5, "r"));
        assertThat(headline(page)).isEqualTo("log(price) of 1,234,567 rows told with an error of 0.5000");
        assertThat(count(page, "table", "targets")).isEqualTo(t == 1 ? 0 : t == 3 ? 1 : 2);
        if (t == 147) {
            assertThat(text(page)).contains("The 12 of 147 targets that were told worst", "y146|3.821|0.2700");
        }
    }
}
