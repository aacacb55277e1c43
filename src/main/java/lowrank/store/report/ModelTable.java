package lowrank.store.report;

import com.fasterxml.jackson.databind.JsonNode;
import lowrank.store.Manifest;

/** Kernel, features, penalty, targets: what the model is; and the bandwidths that were tried for it. */
final class ModelTable {
    private ModelTable() {}

    static void write(Html html, Manifest m) {
        html.open("section", "id", "model").element("h2", "Model").open("dl");
        ModelFacts.of(m, Numbers::chosen)
                .forEach((name, value) -> html.open("div")
                        .element("dt", Character.toUpperCase(name.charAt(0)) + name.substring(1))
                        .element("dd", value)
                        .close());
        html.close();
        JsonNode tried = m.model().at("/fit/tried");
        if (tried.size() > 1) {
            bandwidths(html, tried, m.model().at("/kernel/bandwidth").asDouble());
        }
        html.close();
    }

    private static void bandwidths(Html html, JsonNode tried, double chosen) {
        double most = 0;
        for (JsonNode one : tried) {
            most = Math.max(most, one.path("score").asDouble());
        }
        html.open("table", "class", "numbers tried").open("thead").open("tr");
        html.element("th", "bandwidth", "scope", "col")
                .element("th", "score", "scope", "col")
                .element("th", "", "class", "line")
                .close()
                .close()
                .open("tbody");
        for (JsonNode one : tried) {
            boolean best = one.path("bandwidth").asDouble() == chosen;
            double score = one.path("score").asDouble();
            html.open("tr", "class", best ? "in" : "faint")
                    .element("th", Numbers.of(one.path("bandwidth").asDouble()), "scope", "row")
                    .element("td", Numbers.of(score));
            html.open("td", "class", "line");
            Bar.write(html, most > 0 ? score / most : 0);
            html.close().close();
        }
        html.close().close();
        html.element(
                "p",
                "The score is that of the best penalty for each bandwidth; the lowest was taken.",
                "class",
                "under");
    }
}
