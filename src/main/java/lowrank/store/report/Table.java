package lowrank.store.report;

import java.util.List;

/**
 * A table of a page: the first cell of a row names it.
 *
 * @param head above the columns
 * @param rows each as long as {@code head}
 */
public record Table(List<String> head, List<List<String>> rows) {
    /** Longer names than this may be broken anywhere. */
    private static final int WORD = 12;

    void write(Html html) {
        boolean names = rows.stream().anyMatch(row -> row.get(0).length() > WORD);
        html.open("table", "class", names ? "numbers named long" : "numbers named")
                .open("thead")
                .open("tr");
        head.forEach(word -> html.element("th", word, "scope", "col"));
        html.close().close().open("tbody");
        for (List<String> row : rows) {
            html.open("tr").element("th", row.get(0), "scope", "row");
            row.subList(1, row.size()).forEach(cell -> html.element("td", cell));
            html.close();
        }
        html.close().close();
    }
}
