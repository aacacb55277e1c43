package lowrank.store.report;

import lowrank.certify.Demand;
import lowrank.certify.Findings;
import lowrank.certify.Measure;

/** What was measured of a result that has no certificate of factors, line by line, each with its bounds and what it means. */
final class FindingsTable {
    private FindingsTable() {}

    static void write(Html html, Findings findings) {
        boolean none = findings.measures().isEmpty() && findings.demands().isEmpty();
        html.open("section", "id", "findings").element("h2", none ? "Notes" : "Measured");
        if (!none) {
            table(html, findings);
        }
        if (!findings.notes().isEmpty()) {
            html.open("ul", "class", "notes");
            findings.notes().forEach(note -> html.element("li", note));
            html.close();
        }
        html.close();
    }

    private static void table(Html html, Findings findings) {
        html.open("table", "class", "certificate").open("thead").open("tr");
        // A column that would hold nothing is left out.
        boolean demanded = !findings.demands().isEmpty();
        for (String head : new String[] {"", "measured", "demanded", "in words"}) {
            if (demanded || !head.equals("demanded")) {
                html.element("th", head, "scope", "col");
            }
        }
        html.close().close().open("tbody");
        for (Measure measure : findings.measures()) {
            html.open("tr").element("th", measure.name(), "scope", "row");
            html.element("td", Numbers.counted(measure.value()), "class", "measured");
            if (demanded) {
                demand(
                        html,
                        findings.demands().stream()
                                .filter(d -> d.name().equals(measure.name()))
                                .findFirst()
                                .orElse(null));
            }
            html.element("td", Sentence.of(measure.meaning()) + bounds(measure), "class", "meaning")
                    .close();
        }
        for (Demand demand : findings.demands()) {
            if (findings.measures().stream().noneMatch(m -> m.name().equals(demand.name()))) {
                html.open("tr").element("th", demand.name(), "scope", "row");
                html.element("td", Numbers.counted(demand.measured()), "class", "measured");
                demand(html, demand);
                html.element("td", "", "class", "meaning").close();
            }
        }
        html.close().close();
    }

    private static void demand(Html html, Demand demand) {
        html.open("td", "class", "demand");
        CertificateTable.demanded(html, demand);
        html.close();
    }

    private static String bounds(Measure measure) {
        if (measure.lower() == null && measure.upper() == null) {
            return "";
        }
        String interval = measure.lower() == null
                ? "At most " + Numbers.counted(measure.upper())
                : measure.upper() == null
                        ? "At least " + Numbers.counted(measure.lower())
                        : "Between " + Numbers.counted(measure.lower()) + " and " + Numbers.counted(measure.upper());
        return " " + interval
                + (measure.failureProbability() == 0
                        ? "."
                        : ", but for a probability of " + Numbers.chosen(measure.failureProbability()) + ".");
    }
}
