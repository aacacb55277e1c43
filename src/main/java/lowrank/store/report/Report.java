package lowrank.store.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import lowrank.certify.Certificate;
import lowrank.certify.Demand;
import lowrank.store.Manifest;

/** {@code report.html}: one page that needs no network and no script, for a screen, light or dark, and for paper. */
public final class Report {
    /** Name of the file. */
    public static final String FILE = "report.html";

    private static final String STYLE = "/lowrank/report.css";

    private Report() {}

    /** The page about a result. */
    public static String html(Manifest m, Spectrum spectrum) {
        Html html = new Html();
        html.open("html", "lang", "en").open("head").empty("meta", "charset", "utf-8");
        html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.empty("meta", "name", "color-scheme", "content", "light dark");
        html.element("title", headline(m)).style(style()).close();
        html.open("body").open("main").open("header");
        html.open("p", "class", "kicker").text("lowrank · " + m.job() + " · ");
        html.element("span", m.status(), "class", m.status().equals("complete") ? "met" : "missed")
                .close();
        html.element("h1", headline(m))
                .element("p", standfirst(m), "class", "standfirst")
                .close();
        if (m.rank() > 0) {
            SpectrumFigure.write(html, spectrum, energy(m));
            EnergyFigure.write(html, spectrum, energy(m));
        }
        CertificateTable.write(html, m);
        PassTable.write(html, m);
        FactsTable.write(html, m);
        html.close().close().close();
        return "<!DOCTYPE html>\n" + html;
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

    private static String standfirst(Manifest m) {
        Certificate c = m.certificate();
        String path = m.input().path();
        StringBuilder text = new StringBuilder(
                        path.substring(path.replaceFirst("/+$", "").lastIndexOf('/') + 1))
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
        if (!c.failed().isEmpty()) {
            text.append("Demanded was ")
                    .append(c.failed().stream().map(Report::missed).collect(Collectors.joining("; ")))
                    .append(". U was not kept.");
        } else if (c.demands().size() == 1) {
            text.append("The demand of the spec is met.");
        } else if (!c.demands().isEmpty()) {
            text.append("All ").append(c.demands().size()).append(" demands of the spec are met.");
        } else {
            text.append("The spec demanded nothing of the error.");
        }
        return text.toString();
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
