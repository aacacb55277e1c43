package lowrank.store.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import lowrank.certify.Certificate;
import lowrank.certify.Demand;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.factor.Confirmation;
import lowrank.store.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class ReportTest {
    /** A matrix whose known singular values are first, first ratio, first ratio^2, ... */
    static Spectrum spectrum(int rank, int known, double first, double ratio, double bar) {
        double[] all = IntStream.range(0, known)
                .mapToDouble(j -> first * Math.pow(ratio, j))
                .toArray();
        double[] kept = Arrays.copyOf(all, rank);
        double norm = first
                * Math.sqrt(
                        Arrays.stream(all).map(x -> (x / first) * (x / first)).sum());
        return new Spectrum(
                kept,
                Arrays.stream(kept).map(x -> Math.max(0, x - bar * first)).toArray(),
                Arrays.stream(kept).map(x -> x + bar * first).toArray(),
                Arrays.copyOfRange(all, rank, known),
                known == 0 ? 0 : norm,
                true);
    }

    static Manifest manifest(Spectrum s, String path, List<Demand> demands, List<String> notes) {
        double residual = 0;
        for (int j = s.rank(); j < s.known(); j++) {
            residual += s.share(j);
        }
        Certificate certificate = new Certificate(
                s.norm(),
                s.known() == 0 ? 0 : s.value(0),
                Math.sqrt(residual),
                0.07314,
                1e-10,
                34,
                "spectrum",
                new Confirmation(0.0731, 0.0244, 2.1, 0.0042, 8, 1e-10),
                5.6e-16,
                2.6e-15,
                s.known(),
                demands,
                notes);
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        factors.put(
                "U",
                new Manifest.Factor(
                        1234567, s.rank(), "double", "de54f6", List.of(new Manifest.Part("U/part", 5, 3441490))));
        return new Manifest(
                Manifest.FORMAT,
                "svd",
                certificate.failed().isEmpty() ? "complete" : "rejected",
                spec(),
                "19d528",
                new Manifest.Input(path, 3, "fe5e4e", "verified", "a144fb"),
                new Manifest.Shape(1234567, 784, "double", 8192, 1024),
                "tsqr",
                List.of("tsqr: 784 columns"),
                s.rank(),
                new Manifest.Versions("1.0", "4.1.0", "17", List.of("OpenBLAS 0.3.31, Zen"), "promised"),
                certificate,
                List.of(
                        new Manifest.PassRecord("QR", 3.825, 1234567, 62720000000L, 123.245e9, 16, 54_700_000L),
                        new Manifest.PassRecord("U", 0, 1234567, 0, 0, 16, 0)),
                factors);
    }

    private static JsonNode spec() {
        try {
            return new ObjectMapper().readTree("{\"factor\":{\"center\":true,\"scale\":false}}");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The page as an XML parser sees it, which forgives nothing. */
    static Document parsed(String html) throws IOException {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(html)));
        } catch (ParserConfigurationException | SAXException e) {
            throw new AssertionError(html, e);
        }
    }

    static List<Element> elements(Document page, String tag) {
        NodeList nodes = page.getElementsByTagName(tag);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    static String text(Document page) {
        return page.getDocumentElement().getTextContent();
    }

    /** A result without factors: no spectrum, what was measured, and what was demanded of it. */
    @Test
    void aModelShowsWhatWasMeasured() throws IOException {
        Manifest svd = manifest(spectrum(5, 50, 10, 0.5, 0), "data/images", List.of(), List.of());
        Findings findings = new Findings(
                List.of(
                        Measure.exact("trace residual", 0.03125, "Part of the kernel's trace that is missed."),
                        new Measure("kernel error", 0.25, 0.125, 0.5, 1e-6, "Of a sampled block.")),
                List.of(new Demand("trace residual", 0.01, 0.03125), new Demand("kept rank", 7, 5)),
                List.of("landmarks were few"));
        Manifest model = new Manifest(
                Manifest.FORMAT,
                "regress",
                "rejected",
                svd.spec(),
                svd.specDigest(),
                svd.input(),
                svd.shape(),
                "nystrom",
                svd.reasons(),
                512,
                svd.versions(),
                null,
                findings,
                new ObjectMapper().readTree("{\"kernel\":\"gaussian\"}"),
                svd.passes(),
                svd.factors());
        Document page = parsed(Report.html(model, null));
        assertThat(text(page))
                .contains("regress of a 1,234,567", "does not meet what the spec demands", "trace residual")
                .contains(
                        "0.03125",
                        "Between 0.1250 and 0.5000, but for a probability of",
                        "landmarks were few",
                        "kept rank",
                        "\u2717 not met");
        assertThat(Report.html(model, null)).doesNotContain("id=\"spectrum\"", "id=\"energy\"", "id=\"certificate\"");
        Manifest read = Manifest.parse(model.json(), "test");
        assertThat(read.findings()).isEqualTo(findings);
        assertThat(read.model()).isEqualTo(model.model());
        assertThat(Manifest.parse(svd.json(), "test").model()).isNull();
    }

    @Test
    void holdsTheNumbersOfTheManifest() throws IOException {
        Spectrum s = spectrum(50, 784, 113498.49, 0.95, 1e-14);
        Document page = parsed(Report.html(
                manifest(s, "data/images.parquet", List.of(new Demand("orthogonality", 1e-12, 2.6e-15)), List.of("so")),
                s));
        assertThat(elements(page, "h1").get(0).getTextContent())
                .startsWith("Rank 50 keeps 99.4")
                .endsWith("of the variance of a 1,234,567\u00a0×\u00a0784 matrix");
        assertThat(text(page))
                .contains("images.parquet, centred, was factored by tsqr", "The demand of the spec is met")
                .contains(
                        "113,498",
                        "0.07314",
                        "2.6×10⁻¹⁵",
                        "≤ 10⁻¹² ✓ met",
                        "with 34 random vectors, this fails to hold with a probability of at most 10⁻¹⁰")
                .contains("3.825", "16.40", "32.22", "8,192", "OpenBLAS 0.3.31, Zen", "de54f6", "19d528", "3.4 MB")
                .contains("tsqr: 784 columns", "Java 17", "page checksums verified");
    }

    @Test
    void picturesHaveTitlesAndDescriptionsAndNothingComesFromOutside() throws IOException {
        Spectrum s = spectrum(50, 784, 1, 0.95, 1e-14);
        String html = Report.html(manifest(s, "x", List.of(), List.of()), s);
        Document page = parsed(html);
        for (Element svg : elements(page, "svg")) {
            if (svg.getAttribute("aria-hidden").isEmpty()) {
                for (String id : svg.getAttribute("aria-labelledby").split(" ", -1)) {
                    assertThat(html).containsOnlyOnce("id=\"" + id + "\"");
                }
            }
        }
        assertThat(elements(page, "script")).isEmpty();
        assertThat(html).doesNotContain("http", "url(", "@import", "src=", "href=");
    }

    @Test
    void namesAreTextAndNeverMarkup() throws IOException {
        Spectrum s = spectrum(2, 3, 1, 0.5, 0.1);
        String evil = "a/<script>alert('1')</script>&amp;\"" + (char) 1;
        Document page = parsed(Report.html(manifest(s, evil, List.of(), List.of(evil)), s));
        assertThat(elements(page, "script")).isEmpty();
        assertThat(text(page)).contains("<script>alert('1')</script>&amp;\"\uFFFD");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 5, 1, 0",
        "1, 784, 1, 0.9, 0.1",
        "3, 3, 1e300, 1e-200, 1e-3",
        "5, 5, 1e-300, 1, 1e-14",
        "1000, 1000, 1e20, 0.99, 1e-14",
        "1000, 16383, 1, 0.999, 1e-3",
        "60, 61, 1, 0.5, 2"
    })
    void anyNumberOfComponentsAtAnyScaleIsDrawnInside(int rank, int known, double first, double ratio, double bar)
            throws IOException {
        Spectrum s = spectrum(rank, known, first, ratio, bar);
        String html = Report.html(manifest(s, "x", List.of(), List.of()), s);
        Document page = parsed(html);
        assertThat(html).doesNotContain("NaN", "Infinity", "∞");
        assertThat(html.length()).isLessThan(250_000);
        for (Element line : elements(page, "line")) {
            for (String coordinate : List.of("x1", "x2", "y1", "y2")) {
                assertThat(Double.parseDouble(line.getAttribute(coordinate))).isBetween(0.0, 660.0);
            }
        }
        assertThat(elements(page, "figure")).hasSize(2);
    }

    @Test
    void rankZeroHasWordsAndNoPictures() throws IOException {
        Spectrum s = spectrum(0, 0, 0, 1, 0);
        Document page = parsed(Report.html(manifest(s, "x", List.of(), List.of("the matrix is zero")), s));
        assertThat(elements(page, "figure")).isEmpty();
        assertThat(text(page)).contains("nothing is left once it is centred", "the matrix is zero");
    }

    @Test
    void demandNotMetIsTheHeadline() throws IOException {
        Spectrum s = spectrum(2, 20, 1, 0.9, 0);
        Document page =
                parsed(Report.html(manifest(s, "x", List.of(new Demand("frobenius", 0.5, 0.81)), List.of()), s));
        assertThat(text(page)).contains("does not meet", "frobenius ≤ 0.5, measured 0.8100", "✗ not met");
    }

    @Test
    void valuesOfASketchAreCalledLowerBounds() throws IOException {
        Spectrum all = spectrum(5, 20, 1, 0.9, 0.1);
        Spectrum s = new Spectrum(all.values(), all.lower(), all.upper(), all.beyond(), 2 * all.norm(), false);
        Document page = parsed(Report.html(manifest(s, "x", List.of(), List.of()), s));
        assertThat(text(page))
                .contains("15 values that the sketch saw beyond the rank, lower bounds all", "would add at least")
                .contains("not known")
                .doesNotContain("known but not kept");
    }
}
