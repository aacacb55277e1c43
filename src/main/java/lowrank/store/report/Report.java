package lowrank.store.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import lowrank.certify.Certificate;
import lowrank.certify.Demand;
import lowrank.store.Manifest;

/** {@code report.html}: one page that needs no network and no script, for a screen, light or dark, and for paper. */
public final class Report {
    /** Name of the file. */
    public static final String FILE = "report.html";

    /** Name of the measure of what coordinates miss of new rows. */
    public static final String RESIDUAL = "residual";

    /** Name of the measure of what features miss of a kernel's trace. */
    public static final String TRACE = "trace residual";

    private static final String STYLE = "/lowrank/report.css";

    private Report() {}

    /**
     * The page about a result.
     *
     * @param spectrum of its factors, or null where it has none
     */
    public static String html(Manifest m, Spectrum spectrum) {
        return html(m, m, spectrum == null ? List.of() : List.of(Section.spectrum(spectrum, energy(m))));
    }

    /**
     * The page about a result.
     *
     * @param learnt the manifest of the model: the result's own, or of predictions that of what they were made by
     * @param sections pictures, in their order
     */
    public static String html(Manifest m, Manifest learnt, List<Section> sections) {
        KernelWords words =
                learnt.model() == null || !learnt.model().has("features") ? null : new KernelWords(m, learnt);
        // Features and coordinates of new rows: nothing was learnt that could be told of them.
        CoordinateWords projected =
                m == learnt || words != null && learnt.model().has("fit") ? null : new CoordinateWords(m, learnt);
        String headline =
                projected != null ? projected.headline() : words == null || missed(m) ? headline(m) : words.headline();
        String standfirst = projected != null
                ? projected.standfirst(input(m))
                : words == null ? standfirst(m) : words.standfirst(input(m)) + demands(m);
        Html html = new Html();
        begin(html, m, headline, standfirst);
        sections.forEach(section -> section.write(html));
        if (m.certificate() != null) {
            CertificateTable.write(html, m);
        }
        if (m.findings() != null) {
            FindingsTable.write(html, m.findings());
        }
        if (words != null) {
            ModelTable.write(html, learnt);
        }
        PassTable.write(html, m);
        FactsTable.write(html, m);
        html.close().close().close();
        return "<!DOCTYPE html>\n" + html;
    }

    /**
     * The page about a result that is told in words of its own.
     *
     * @param standfirst a sentence or two under the headline
     * @param sections pictures, in their order
     */
    public static String html(Manifest m, String headline, String standfirst, List<Section> sections) {
        Html html = new Html();
        begin(html, m, headline, standfirst);
        sections.forEach(section -> section.write(html));
        end(html, m);
        return "<!DOCTYPE html>\n" + html;
    }

    private static void begin(Html html, Manifest m, String headline, String standfirst) {
        html.open("html", "lang", "en").open("head").empty("meta", "charset", "utf-8");
        html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.empty("meta", "name", "color-scheme", "content", "light dark");
        html.element("title", headline).style(style()).close();
        html.open("body").open("main").open("header");
        html.open("p", "class", "kicker").text("lowrank · " + m.job() + " · ");
        html.element("span", m.status(), "class", m.status().equals("complete") ? "met" : "missed")
                .close();
        html.element("h1", headline)
                .element("p", standfirst, "class", "standfirst")
                .close();
    }

    private static void end(Html html, Manifest m) {
        if (m.findings() != null) {
            FindingsTable.write(html, m.findings());
        }
        PassTable.write(html, m);
        FactsTable.write(html, m);
        html.close().close().close();
    }

    private static String style() {
        try (InputStream in = Report.class.getResourceAsStream(STYLE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + STYLE + " of this jar failed", e);
        }
    }

    /** Whether the column means were subtracted, as the spec said. */
    static boolean centered(Manifest m) {
        String center = m.spec() == null ? "" : m.spec().at("/factor/center").asText();
        return center.equals("true") || m.job().equals("pca") && !center.equals("false");
    }

    private static String energy(Manifest m) {
        return centered(m) ? "variance" : "energy";
    }

    private static String headline(Manifest m) {
        String matrix = "a " + Numbers.whole(m.shape().rows()) + "\u00a0×\u00a0"
                + Numbers.whole(m.shape().cols()) + " matrix";
        if (m.certificate() == null) {
            return m.job() + " of " + matrix + (missed(m) ? " does not meet what the spec demands" : "");
        }
        if (!m.certificate().failed().isEmpty()) {
            return "Rank " + Numbers.whole(m.rank()) + " of " + matrix + " does not meet what the spec demands";
        }
        if (m.rank() == 0) {
            return Report.centered(m) && m.certificate().frobeniusNorm() == 0
                    ? "All rows of " + matrix + " are the same: nothing is left once it is centred"
                    : "Rank 0 says all there is to say about " + matrix;
        }
        double residual = m.certificate().frobeniusResidual();
        if (residual < 1e-10) {
            return "Rank " + Numbers.whole(m.rank()) + " rebuilds " + matrix + " to rounding";
        }
        return "Rank " + Numbers.whole(m.rank()) + " keeps " + (isBound(m.certificate()) ? "at least " : "")
                + Numbers.percent(1 - residual * residual) + " of the " + energy(m) + " of " + matrix;
    }

    private static boolean missed(Manifest m) {
        return m.findings() != null && !m.findings().failed().isEmpty();
    }

    /** The last name of the input's path. */
    private static String input(Manifest m) {
        String path = m.input().path();
        return path.substring(path.replaceFirst("/+$", "").lastIndexOf('/') + 1);
    }

    /** What was demanded of a result that has findings; nothing where nothing was. */
    private static String demands(Manifest m) {
        return m.findings() == null || m.findings().demands().isEmpty()
                ? ""
                : demanded(m.findings().demands(), "The result");
    }

    private static String standfirst(Manifest m) {
        Certificate c = m.certificate();
        String input = input(m);
        if (c == null) {
            return input + " was read by " + m.algorithm() + ". "
                    + (m.findings() == null ? "" : demanded(m.findings().demands(), "The result"));
        }
        StringBuilder text = new StringBuilder(input)
                .append(centered(m) ? ", centred" : "")
                .append(scaled(m) ? " and scaled" : "")
                .append(centered(m) ? ", was factored by " : " was factored by ")
                .append(m.algorithm())
                .append(". ");
        if (m.rank() > 0) {
            text.append(isBound(c) ? "The factors miss at most " : "The factors miss ")
                    .append(Numbers.percent(c.frobeniusResidual()))
                    .append(" of its norm in all, and at most ")
                    .append(Numbers.percent(c.spectralResidual()))
                    .append(" of its largest singular value in any one direction. ");
        }
        return text.append(demanded(c.demands(), "U")).toString();
    }

    /** What the spec demanded, and what was not kept because of it. */
    private static String demanded(List<Demand> demands, String lost) {
        List<Demand> failed = demands.stream().filter(d -> !d.met()).toList();
        if (!failed.isEmpty()) {
            return "Demanded was " + failed.stream().map(Report::missed).collect(Collectors.joining("; ")) + ". " + lost
                    + " was not kept.";
        }
        if (demands.isEmpty()) {
            return "The spec demanded nothing of the error.";
        }
        return demands.size() == 1
                ? "The demand of the spec is met."
                : "All " + demands.size() + " demands of the spec are met.";
    }

    /** Whether the Frobenius residual is not known but bounded. */
    static boolean isBound(Certificate c) {
        return "probes".equals(c.source());
    }

    private static boolean scaled(Manifest m) {
        return m.spec() != null && m.spec().at("/factor/scale").asBoolean();
    }

    private static String missed(Demand d) {
        return d.name() + " ≤ " + Numbers.chosen(d.limit()) + ", measured " + Numbers.of(d.measured());
    }
}
