package lowrank.store.report;

import java.util.List;
import lowrank.store.Manifest;

/** Reads of the input, one after the other: a table with a time line in it. */
final class PassTable {
    private PassTable() {}

    static void write(Html html, Manifest m) {
        List<Manifest.PassRecord> passes = m.passes();
        double total = passes.stream().mapToDouble(Manifest.PassRecord::seconds).sum();
        html.open("section", "id", "passes").element("h2", "Passes over the input");
        html.element(
                "p",
                passes.isEmpty()
                        ? "The input was not read."
                        : Numbers.whole(passes.size()) + (passes.size() == 1 ? " pass, " : " passes, ")
                                + Numbers.of(total)
                                + " seconds of reading and computing together, each pass one Spark job."
                                + memory(passes));
        if (!passes.isEmpty()) {
            table(html, passes, total);
        }
        html.close();
    }

    /** Results of older versions do not say. */
    private static String memory(List<Manifest.PassRecord> passes) {
        long most =
                passes.stream().mapToLong(Manifest.PassRecord::offHeap).max().orElse(0);
        return most == 0
                ? ""
                : " The process that held most memory off the heap held " + Numbers.of(most / 1e6) + " MB at once.";
    }

    private static void table(Html html, List<Manifest.PassRecord> passes, double total) {
        html.open("table", "class", "numbers passes").open("thead").open("tr");
        html.element("th", "pass", "scope", "col", "class", "words").element("th", "", "class", "line");
        for (String head : List.of("seconds", "GB/s", "GFLOP/s", "tasks")) {
            html.element("th", head, "scope", "col");
        }
        html.close().close().open("tbody");
        double start = 0;
        int number = 1;
        for (Manifest.PassRecord pass : passes) {
            html.open("tr").element("th", number++ + " · " + pass.label(), "scope", "row", "class", "words");
            html.open("td", "class", "line");
            bar(html, start, pass.seconds(), total);
            html.close()
                    .element("td", Numbers.of(pass.seconds()))
                    .element("td", rate(pass.bytes(), pass.seconds()))
                    .element("td", rate(pass.flops(), pass.seconds()))
                    .element("td", Numbers.whole(pass.tasks()))
                    .close();
            start += pass.seconds();
        }
        html.close().close();
    }

    private static String rate(double amount, double seconds) {
        return seconds > 0 ? Numbers.of(amount / 1e9 / seconds) : "-";
    }

    private static void bar(Html html, double start, double seconds, double total) {
        double unit = total > 0 ? 1000 / total : 0;
        html.open("svg", "viewBox", "0 0 1000 10", "preserveAspectRatio", "none", "aria-hidden", "true");
        html.empty("rect", "class", "track", "x", "0", "y", "0", "width", "1000", "height", "10");
        html.empty(
                "rect",
                "class",
                "time",
                "x",
                Numbers.px(Math.min(996, start * unit)),
                "y",
                "0",
                "width",
                Numbers.px(Math.max(4, seconds * unit)),
                "height",
                "10");
        html.close();
    }
}
