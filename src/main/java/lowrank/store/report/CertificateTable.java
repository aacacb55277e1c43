package lowrank.store.report;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import lowrank.certify.Certificate;
import lowrank.certify.Demand;
import lowrank.factor.Confirmation;
import lowrank.store.Manifest;

/** What is known of the error, line by line, each with what it means and what the spec demanded of it. */
final class CertificateTable {
    private final Html html;
    private final Map<String, Demand> demands;

    private CertificateTable(Html html, Certificate certificate) {
        this.html = html;
        demands = certificate.demands().stream()
                .collect(Collectors.toMap(Demand::name, Function.identity(), (a, b) -> b));
    }

    static void write(Html html, Manifest m) {
        Certificate c = m.certificate();
        html.open("section", "id", "certificate").element("h2", "Certificate");
        html.open("table", "class", "certificate").open("thead").open("tr");
        for (String head : new String[] {"", "measured", "demanded", "in words"}) {
            html.element("th", head, "scope", "col");
        }
        html.close().close().open("tbody");
        new CertificateTable(html, c).rows(m, c);
        html.close().close();
        if (!c.notes().isEmpty()) {
            html.open("ul", "class", "notes");
            c.notes().forEach(note -> html.element("li", note));
            html.close();
        }
        html.close();
    }

    private void rows(Manifest m, Certificate c) {
        String matrix = Report.centered(m) ? "the centred matrix" : "the matrix";
        row(
                "Frobenius residual",
                (Report.isBound(c) ? "≤ " : "") + Numbers.of(c.frobeniusResidual()),
                "frobenius",
                "Rebuilding " + matrix + " from the factors misses entries that, together, have "
                        + (Report.isBound(c) ? "at most " : "")
                        + Numbers.percent(c.frobeniusResidual()) + " of its norm" + source(c) + ".");
        row(
                "Spectral residual",
                "≤ " + Numbers.of(c.spectralResidual()),
                "spectral",
                "No direction is wrong by more than " + Numbers.percent(c.spectralResidual())
                        + " of the largest singular value; " + certainty(c));
        if (c.written() != null) {
            Confirmation w = c.written();
            row(
                    "As U was written",
                    "≈ " + Numbers.of(w.frobenius()),
                    "",
                    "The Frobenius residual once more, measured with " + Numbers.whole(w.probes())
                            + " other random vectors and U as it is stored: between "
                            + Numbers.of(w.frobeniusAtLeast()) + " and " + Numbers.of(w.frobeniusAtMost())
                            + " but for a probability of " + Numbers.chosen(w.failureProbability())
                            + ". A result that contradicts what was known before is not written.");
        }
        row(
                "Orthogonality",
                Numbers.rough(
                        c.orthogonalityU() == null
                                ? c.orthogonalityV()
                                : Math.max(c.orthogonalityU(), c.orthogonalityV())),
                "orthogonality",
                "The largest entry of UᵀU − I ("
                        + (c.orthogonalityU() == null ? "U was not written" : Numbers.rough(c.orthogonalityU()))
                        + ") and of VᵀV − I (" + Numbers.rough(c.orthogonalityV())
                        + "): 0 would be perpendicular columns of length 1.");
        row(
                "Numerical rank",
                Numbers.whole(c.numericalRank()),
                "",
                "Singular values that stand out from rounding, as NumPy's matrix_rank counts them"
                        + ("spectrum".equals(c.source()) ? "." : ", of those that the sketch saw."));
        row(
                "Norm of " + matrix,
                Numbers.of(c.frobeniusNorm()),
                "",
                "Frobenius; the spectral norm, the largest singular value, is " + Numbers.of(c.spectralNorm()) + ".");
    }

    private static String certainty(Certificate c) {
        double failure = c.failureProbability();
        if (failure == 0) {
            return "this is certain up to rounding.";
        }
        return Double.isNaN(failure)
                ? "how certain this is, is not known."
                : "measured with " + Numbers.whole(c.probes())
                        + " random vectors, this fails to hold with a probability of at" + " most "
                        + Numbers.chosen(failure) + ".";
    }

    private static String source(Certificate c) {
        return switch (String.valueOf(c.source())) {
            case "spectrum" -> ", summed over all singular values";
            case "subtraction" -> ", the norm less what was kept";
            case "probes" -> ", measured with " + Numbers.whole(c.probes()) + " random vectors";
            default -> "";
        };
    }

    private void row(String name, String measured, String demand, String meaning) {
        html.open("tr").element("th", name, "scope", "row").element("td", measured, "class", "measured");
        html.open("td", "class", "demand");
        demanded(html, demands.get(demand));
        html.close().element("td", meaning, "class", "meaning").close();
    }

    /** What a spec demanded of a value, and whether it holds; null for nothing. */
    static void demanded(Html html, Demand demanded) {
        if (demanded == null) {
            html.element("span", "–", "class", "none");
            return;
        }
        html.text("≤ " + Numbers.chosen(demanded.limit()) + " ")
                .element("strong", demanded.met() ? "✓ met" : "✗ not met", "class", demanded.met() ? "met" : "missed");
    }
}
