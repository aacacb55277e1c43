package lowrank.store.report;

import java.util.Arrays;
import java.util.List;

/** What methods measured of heads on their way, over all heads that it is known of. */
public final class HeadMeasures {
    private HeadMeasures() {}

    /**
     * A measure.
     *
     * @param meaning in words, or empty
     * @param values of the heads that have it, at least one
     */
    public record Of(String name, String meaning, double[] values) {}

    static void write(Html html, List<Of> measures) {
        if (measures.isEmpty()) {
            return;
        }
        html.open("section", "id", "head-measures").element("h2", "What was found on the way");
        new Table(
                        List.of("over all heads that have it", "heads", "least", "median", "largest"),
                        measures.stream()
                                .map(of -> List.of(
                                        of.name,
                                        Numbers.whole(of.values.length),
                                        Numbers.counted(
                                                Arrays.stream(of.values).min().orElseThrow()),
                                        Numbers.counted(AttentionHeads.median(of.values)),
                                        Numbers.counted(
                                                Arrays.stream(of.values).max().orElseThrow())))
                                .toList())
                .write(html);
        html.open("ul", "class", "notes");
        measures.stream()
                .filter(of -> !of.meaning.isEmpty())
                .forEach(of -> html.element("li", Sentence.of(of.name + ": " + of.meaning)));
        html.close().close();
    }
}
