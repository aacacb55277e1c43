package lowrank.store.report;

import java.util.Locale;
import lowrank.store.Manifest;

/** What was read, how it was computed, with which versions; and the digests by which results are compared. */
final class FactsTable {
    private final Html html;

    private FactsTable(Html html) {
        this.html = html;
    }

    static void write(Html html, Manifest m) {
        html.open("section", "id", "facts").element("h2", "Facts").open("dl");
        new FactsTable(html).facts(m);
        html.close();
        digests(html, m);
        html.close();
    }

    private void facts(Manifest m) {
        Manifest.Shape shape = m.shape();
        Manifest.Versions v = m.versions();
        fact("Input", m.input().path());
        fact(
                "Files",
                Numbers.whole(m.input().files())
                        + (m.input().checksums().equals("verified")
                                ? ", page checksums verified"
                                : ", without page checksums"));
        if (shape != null) {
            fact("Shape", Numbers.whole(shape.rows()) + " rows × " + Numbers.whole(shape.cols()) + " columns");
            fact("Precision", shape.precision());
        }
        if (m.weights() != null) {
            weights(m.weights());
        }
        fact("Algorithm", m.algorithm());
        fact("Why", String.join("; ", m.reasons()));
        if (shape != null) {
            fact(
                    "Cut into",
                    "leaves of " + Numbers.whole(shape.leafRows()) + " rows, blocks of "
                            + Numbers.whole(shape.blockRows()));
        }
        fact("BLAS", String.join("; ", v.blas()));
        fact(
                "Bits",
                v.bits().equals("promised")
                        ? "the same on any cluster with this BLAS and core type"
                        : v.bits() + ": more than one kind of kernel computed");
        fact("Versions", "lowrank " + v.lowrank() + ", Spark " + v.spark() + ", Java " + v.java());
        m.factors()
                .forEach((name, factor) -> fact(
                        "Factor " + name,
                        Numbers.whole(factor.rows()) + " × " + Numbers.whole(factor.width()) + " " + factor.precision()
                                + " in " + files(factor)));
    }

    private void weights(Manifest.Weights weights) {
        fact(
                "Matrices",
                Numbers.whole(weights.matrices()) + " of " + Numbers.whole(weights.tensors()) + " tensors, "
                        + Numbers.whole(weights.parameters()) + " numbers, " + size(weights.bytes()));
        weights.skipped().forEach((reason, count) -> fact("Left alone", Numbers.whole(count) + ": " + reason));
    }

    private static String files(Manifest.Factor factor) {
        long bytes = factor.files().stream().mapToLong(Manifest.Part::bytes).sum();
        int files = factor.files().size();
        return Numbers.whole(files) + (files == 1 ? " file, " : " files, ") + size(bytes);
    }

    private static String size(long bytes) {
        if (bytes < 1000) {
            return bytes + " bytes";
        }
        double value = bytes / 1e3;
        int unit = 0;
        while (value >= 1000 && unit < 4) {
            value /= 1000;
            unit++;
        }
        return String.format(
                Locale.ROOT,
                value < 10 ? "%.1f %s" : "%.0f %s",
                value,
                new String[] {"kB", "MB", "GB", "TB", "PB"}[unit]);
    }

    private void fact(String name, String value) {
        html.open("div").element("dt", name).element("dd", value).close();
    }

    private static void digests(Html html, Manifest m) {
        html.open("details", "class", "digests").element("summary", "Digests");
        html.element(
                "p",
                "SHA-256. Those of the factors are over their values alone: equal digests are equal bits, in whatever files"
                        + " they are stored.");
        html.open("dl");
        FactsTable table = new FactsTable(html);
        m.factors().forEach((name, factor) -> table.fact(name, factor.digest()));
        table.fact("spec", m.specDigest());
        table.fact("input files", m.input().listing());
        if (m.input().values() != null) {
            table.fact("input values", m.input().values());
        }
        html.close().close();
    }
}
