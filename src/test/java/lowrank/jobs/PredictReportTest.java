package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What predict says of coordinates and features: on a model's own rows it is what the model said of them. */
class PredictReportTest extends KernelJobCase {
    private static final double ROUNDING = 1e-12;

    private Path predicted(Path model, Path rows, String output, String... more) throws Exception {
        List<String> keys = new ArrayList<>(List.of("job=predict", "model=" + model));
        keys.addAll(List.of(more));
        return done(rows, output, keys.toArray(String[]::new));
    }

    /** The page, which an XML parser reads too, with all bars inside their pictures. */
    private static String page(Path output) throws Exception {
        String html = Files.readString(output.resolve("report.html"));
        assertThat(html).doesNotContain("NaN", "Infinity", "http");
        NodeList bars = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(html)))
                .getElementsByTagName("rect");
        for (int i = 0; i < bars.getLength(); i++) {
            Element bar = (Element) bars.item(i);
            if (bar.getAttribute("class").startsWith("cell")) {
                double right = number(bar, "x") + number(bar, "width");
                double bottom = number(bar, "y") + number(bar, "height");
                assertThat(number(bar, "x")).isPositive();
                assertThat(number(bar, "y")).isPositive();
                assertThat(right).isLessThanOrEqualTo(646);
                assertThat(bottom).isLessThanOrEqualTo(276 + 0.1);
            }
        }
        return html;
    }

    private static double number(Element element, String name) {
        return Double.parseDouble(element.getAttribute(name));
    }

    @Test
    void coordinatesMissOfTheModelsRowsWhatItsCertificateSays() throws Exception {
        Path rows = table("rows.parquet", 0, 500);
        for (String job : List.of("svd", "pca")) {
            Path model = done(rows, job, "job=" + job, "factor.rank=2");
            Path own = predicted(model, rows, job + "-own");
            double certified = Cli.manifest(model).certificate().frobeniusResidual();
            assertThat(measure(own, "residual").value()).isCloseTo(certified, within(ROUNDING));
            Path far = table("far.parquet", COLUMNS.replace("sin(i * 0.31 + 1)]", "9 * sin(i * 0.31 + 1)]"), 0, 300);
            Path other = predicted(model, far, job + "-far");
            double[] found = query(
                            "select sqrt(sum(residual ** 2) / sum(residual ** 2 + \"values\"[1] ** 2 + \"values\"[2]"
                                    + " ** 2)), count(*) from " + parquet(other.resolve("coordinates")))
                    .get(0);
            assertThat(measure(other, "residual").value()).isCloseTo(found[0], within(ROUNDING));
            assertThat(found[0]).isNotCloseTo(certified, within(0.1));
            assertThat(page(other))
                    .contains(
                            "<h1>2 coordinates hold ",
                            "of the squares of 300 rows",
                            "was projected on the components of the " + job + " of 500 rows. The coordinates miss ",
                            "of that of the model&#39;s own, as its certificate says",
                            "What is missed of each row",
                            "miss at most");
        }
    }

    @Test
    void featuresOfLandmarksMissOfTheModelsRowsWhatItMeasured() throws Exception {
        Path rows = table("rows.parquet", 0, 500);
        Path model = done(rows, "model", "job=nystrom", "features.size=20", "kernel.bandwidth=1");
        Path own = predicted(model, rows, "own");
        double left = measure(model, "trace residual").value();
        assertThat(measure(own, "trace residual").value()).isCloseTo(left, within(ROUNDING));
        assertThat(types(own.resolve("features")).keySet()).containsExactly("row", "values");
        Path far = table("far.parquet", COLUMNS.replace("[sin(i * 1.7)", "[50 + sin(i * 1.7)"), 0, 300);
        Path other = predicted(model, far, "far");
        assertThat(measure(other, "trace residual").value()).isEqualTo(1, within(ROUNDING));
        assertThat(page(other))
                .contains(
                        "20 Nyström features hold 0% of the kernel of 300 rows",
                        "They miss 100% of the trace of the kernel&#39;s matrix over these rows, and ",
                        "over those that the landmarks were chosen for");
    }

    @Test
    void kernelCoordinatesMissWhatTheyDoNotHold() throws Exception {
        Path rows = table("rows.parquet", 0, 500);
        Path model =
                done(rows, "model", "job=nystrom", "features.size=20", "kernel.bandwidth=1", "write.coordinates=3");
        Path own = predicted(model, rows, "own");
        double kept = measure(model, "variance of coordinates").value();
        double missed = measure(own, "residual").value();
        assertThat(missed * missed).isCloseTo(1 - kept, within(ROUNDING));
        assertThat(page(own)).contains("3 coordinates hold ", "of the features of 500 rows", "the nystrom of 500 rows");
    }

    @Test
    void thereIsAPageOfRandomFeaturesAndNoneWhereNoneIsAskedFor() throws Exception {
        Path rows = table("rows.parquet", 0, 500);
        Path model = done(rows, "model", "job=features", "features.map=fourier", "features.size=20");
        Path output = predicted(model, rows, "out");
        assertThat(Cli.manifest(output).findings().measures()).isEmpty();
        assertThat(page(output))
                .contains(
                        "20 random features (fourier) of 500 rows",
                        "rows.parquet became features of the features result")
                .doesNotContain("What is missed of each row");
        assertThat(predicted(model, rows, "none", "write.also=[]").resolve("report.html"))
                .doesNotExist();
    }

    @Test
    void wordsThatOnlyValuesHaveAreRefused() throws Exception {
        Path rows = table("rows.parquet", 0, 100);
        Path svd = done(rows, "svd", "job=svd", "factor.rank=2");
        Path nystrom = done(rows, "nystrom", "job=nystrom", "features.size=10");
        for (Path model : List.of(svd, nystrom)) {
            for (String word : List.of("variance", "novelty")) {
                assertFails(
                        run(rows, "bad-out", "job=predict", "model=" + model, "write.also=[report," + word + "]"),
                        64,
                        "write.also = " + word + " does not apply to job = predict on a",
                        "which learns nothing; remove it");
            }
        }
    }
}
