package lowrank.store.report;

import java.util.List;

/**
 * A number that a reader should take away.
 *
 * @param value as it is printed, large
 * @param meaning a few words
 */
public record KeyFigure(String value, String meaning) {
    /** A measured number. */
    public static KeyFigure number(double value, String meaning) {
        return new KeyFigure(Numbers.of(value), meaning);
    }

    /** A part of one. */
    public static KeyFigure share(double value, String meaning) {
        return new KeyFigure(Numbers.percent(value), meaning);
    }

    /** A count. */
    public static KeyFigure whole(long value, String meaning) {
        return new KeyFigure(Numbers.whole(value), meaning);
    }

    static void write(Html html, List<KeyFigure> figures) {
        html.open("div", "class", "key-figures");
        for (KeyFigure figure : figures) {
            html.open("p")
                    .element("b", figure.value)
                    .element("span", figure.meaning)
                    .close();
        }
        html.close();
    }
}
