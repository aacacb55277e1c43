package lowrank.store.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Pages about attention: what pictures say of heads is what they were given. */
class AttentionReportTest {
    private static final double CONFIDENCE = 0.95;
    private static final int DRAWN = 40;

    private static AttentionHeads.Head exact(List<String> keys) {
        return new AttentionHeads.Head(
                keys, 100, "exact", Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0, Double.NaN);
    }

    private static AttentionHeads.Head head(List<String> keys, double error, double uniform) {
        return new AttentionHeads.Head(
                keys, 1000, "nystrom", error, 0.9 * error, 1.1 * error, uniform, 32, 0.3 * error);
    }

    private static AttentionHeads model(int layers, int heads, SplittableRandom random) {
        List<AttentionHeads.Head> all = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            for (int head = 0; head < heads; head++) {
                all.add(head(
                        List.of(String.valueOf(layer), String.valueOf(head)),
                        Math.exp(-3 * random.nextDouble()),
                        0.3 + 0.6 * random.nextDouble()));
            }
        }
        return new AttentionHeads(List.of("layer", "head"), all);
    }

    private static Document page(AttentionHeads heads) throws IOException {
        return WeightReportTest.sound(Section.attention(heads, CONFIDENCE), Section.attentionMap(heads));
    }

    private static List<Element> marks(Document page, String picture, String tag, String type) {
        return ReportTest.elements(page, "svg").stream()
                .filter(svg -> svg.getAttribute("aria-labelledby").startsWith(picture + "-t"))
                .flatMap(svg -> IntStream.range(0, svg.getElementsByTagName(tag).getLength())
                        .mapToObj(i -> (Element) svg.getElementsByTagName(tag).item(i)))
                .filter(element -> element.getAttribute("class").equals(type))
                .toList();
    }

    private static double at(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    /** In the legend there is one of each mark. */
    private static final int LEGEND = 1;

    @ParameterizedTest
    @ValueSource(strings = {"heads-wide", "heads-narrow"})
    void theWorstHeadsAreDrawnFromTheWorstDownwards(String picture) throws IOException {
        AttentionHeads heads = model(12, 12, new SplittableRandom(1));
        Document page = page(heads);
        List<AttentionHeads.Head> order = heads.worstFirst();
        List<String> names = WeightReportTest.words(page, picture, "end");
        assertThat(names)
                .containsExactlyElementsOf(order.subList(0, DRAWN).stream()
                        .map(AttentionHeads.Head::name)
                        .toList());
        long worse = order.subList(0, DRAWN).stream()
                .filter(AttentionHeads.Head::isWorseThanUniform)
                .count();
        assertThat(worse).isPositive();
        assertThat(marks(page, picture, "circle", "dot worse")).hasSize((int) worse + LEGEND);
        assertThat(marks(page, picture, "circle", "dot kept")).hasSize(DRAWN - (int) worse + LEGEND);
        // Dots of the worst first: they only move to the left, and whiskers hold them.
        List<Element> whiskers = marks(page, picture, "line", "span").subList(LEGEND, DRAWN + LEGEND);
        List<Element> uniform = marks(page, picture, "line", "uniform").subList(LEGEND, DRAWN + LEGEND);
        List<Element> dots = ReportTest.elements(page, "circle").stream()
                .filter(dot -> whiskers.stream().anyMatch(line -> line.getParentNode() == dot.getParentNode()))
                .skip(2)
                .toList();
        for (int i = 0; i < DRAWN; i++) {
            assertThat(at(dots.get(i), "cx")).isBetween(at(whiskers.get(i), "x1"), at(whiskers.get(i), "x2"));
            assertThat(at(dots.get(i), "cx") > at(uniform.get(i), "x1"))
                    .isEqualTo(order.get(i).isWorseThanUniform());
            assertThat(at(dots.get(i), "cx")).isLessThanOrEqualTo(at(dots.get(Math.max(0, i - 1)), "cx"));
        }
        assertThat(ReportTest.text(page)).contains("104 heads have smaller ones", "rank 32 leaves", "95%");
    }

    @Test
    void theMapHoldsAllHeadsAndFramesThoseWorseThanUniform() throws IOException {
        AttentionHeads heads = model(12, 12, new SplittableRandom(2));
        Document page = page(heads);
        assertThat(WeightReportTest.words(page, "head-errors", "count"))
                .isEqualTo(heads.all().stream()
                        .map(head -> Numbers.rough(head.error()))
                        .toList());
        List<Element> frames = marks(page, "head-errors", "path", "frame");
        assertThat(frames).hasSize(1);
        assertThat(frames.get(0).getAttribute("d").chars().filter(c -> c == 'M').count())
                .isEqualTo(heads.worseThanUniform());
        assertThat(ReportTest.text(page)).contains(heads.worseThanUniform() + " of 144");
    }

    @Test
    void exactHeadsSaySoInsteadOfANumber() throws IOException {
        AttentionHeads some = new AttentionHeads(
                List.of("layer", "head"),
                List.of(exact(List.of("0", "0")), head(List.of("0", "1"), 0.25, 0.5), exact(List.of("1", "0"))));
        Document page = page(some);
        assertThat(WeightReportTest.words(page, "head-errors", "count")).containsExactly("exact", "0.25", "exact");
        assertThat(marks(page, "heads-wide", "circle", "dot kept")).hasSize(1 + LEGEND);
        assertThat(ReportTest.text(page)).contains("2 heads are exact and not drawn", "None is farther");
        AttentionHeads all = new AttentionHeads(List.of(), List.of(exact(List.of())));
        Document alone = page(all);
        assertThat(ReportTest.text(alone)).contains("The head is exact");
        assertThat(alone.getElementsByTagName("circle").getLength()).isZero();
        assertThat(alone.getElementById("head-map")).isNull();
    }

    /** Keys of text, a single head, errors of nothing and beyond all bounds: no map, but a line each. */
    @Test
    void anyKeysAndAnyErrorsAreDrawn() throws IOException {
        String longest = "a sequence with a very long name & <signs> of its own";
        AttentionHeads heads = new AttentionHeads(
                List.of("sequence"),
                List.of(
                        head(List.of(longest), Double.POSITIVE_INFINITY, 1),
                        head(List.of("b"), 1e-9, 1e-3),
                        head(List.of("c"), 0, 0),
                        head(List.of("d"), 30, 0.5)));
        Document page = page(heads);
        assertThat(WeightReportTest.words(page, "heads-wide", "end")).hasSize(4).endsWith("c");
        assertThat(ReportTest.elements(page, "svg").stream()
                        .map(svg -> svg.getAttribute("aria-labelledby"))
                        .filter(name -> name.startsWith("head-errors")))
                .isEmpty();
        assertThat(ReportTest.text(page)).contains(longest);
    }

    @Test
    void thousandsOfSequencesMakeASmallPage() throws IOException {
        AttentionHeads heads = model(3000, 12, new SplittableRandom(3));
        Section[] sections = {Section.attention(heads, CONFIDENCE), Section.attentionMap(heads)};
        assertThat(WeightReportTest.page(sections).length()).isLessThan(1_000_000);
        WeightReportTest.sound(sections);
    }

    @Test
    void measuresOfHeadsAreSummedUp() throws IOException {
        Document page = WeightReportTest.sound(Section.headMeasures(
                List.of(new HeadMeasures.Of("condition", "largest by least", new double[] {7, 1, 3, 1000}))));
        assertThat(ReportTest.elements(page, "td").stream().map(Element::getTextContent))
                .startsWith("4", "1", "5", "1,000");
    }
}
