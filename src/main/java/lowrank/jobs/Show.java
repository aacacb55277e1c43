package lowrank.jobs;

import java.io.FileNotFoundException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import lowrank.certify.Certificate;
import lowrank.certify.Demand;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.factor.Confirmation;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.store.FactorTables;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;

/** A result in the terminal. */
final class Show {
    private static final int COMPONENTS = 10;
    private static final int BAR = 40;
    private static final int WIDE = 100;

    private Show() {}

    /** Prints manifest, spectrum and certificate. */
    static void print(HadoopConf conf, String path, boolean digest, PrintStream out) {
        OutputFolder.Result result;
        try {
            result = OutputFolder.read(conf, path);
        } catch (FileNotFoundException e) {
            throw new MissingInputException(e.getMessage());
        }
        Manifest m = result.manifest();
        line(
                out,
                "%s of %,d x %,d %s by %s: %s %d",
                m.job(),
                m.shape().rows(),
                m.shape().cols(),
                m.shape().precision(),
                m.algorithm(),
                m.model() == null ? "rank" : "features",
                m.rank());
        line(out, "  input   %s (%d files)", m.input().path(), m.input().files());
        line(out, "  output  %s", result.path());
        if (m.certificate() != null) {
            spectrum(conf, result, out);
            certificate(m.certificate(), out);
        } else {
            model(m, out);
            if (m.factors().containsKey(ModelTables.PATH)) {
                path(ModelTables.readPath(conf, result), out);
            }
            if (m.findings() != null) {
                findings(m.findings(), out);
            }
        }
        for (Manifest.PassRecord p : m.passes()) {
            line(
                    out,
                    "  pass    %-18s %8.2f s  %6.2f GB/s  %6.1f GFLOP/s  %d tasks",
                    p.label(),
                    p.seconds(),
                    p.bytes() / 1e9 / p.seconds(),
                    p.flops() / 1e9 / p.seconds(),
                    p.tasks());
        }
        if (digest) {
            m.factors().forEach((name, factor) -> line(out, "  digest  %s %s", name, factor.digest()));
        }
    }

    /** What is stored, and what the job wrote of the model, long lists cut. */
    private static void model(Manifest m, PrintStream out) {
        m.factors()
                .forEach((name, factor) -> line(
                        out, "  stored  %-18s %,d x %,d %s", name, factor.rows(), factor.width(), factor.precision()));
        if (m.model() != null) {
            m.model().fields().forEachRemaining(field -> {
                String text = field.getValue().isTextual()
                        ? field.getValue().asText()
                        : field.getValue().toString();
                boolean list = field.getValue().isArray() && field.getValue().size() > COMPONENTS;
                String shown = text.length() <= WIDE ? text : text.substring(0, WIDE) + " ...";
                line(
                        out,
                        "  model   %-18s %s%s",
                        field.getKey(),
                        shown,
                        list ? " (" + field.getValue().size() + " in all)" : "");
            });
        }
    }

    /** One line per lambda: what was not computed is left out. */
    private static void path(ModelTables.LambdaPath path, PrintStream out) {
        for (int i = 0; i < path.lambda().length; i++) {
            line(
                    out,
                    "  lambda  %-12.6g%s%s%s%s",
                    path.lambda()[i],
                    known("gcv", path.gcv()[i]),
                    known("folds", path.cvError()[i]),
                    known("leave-one-out", path.looError()[i]),
                    known("df", path.df()[i]));
        }
    }

    private static String known(String name, double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "  %s %.6g", name, value);
    }

    private static void findings(Findings findings, PrintStream out) {
        for (Measure measure : findings.measures()) {
            String bounds = "";
            if (measure.lower() != null || measure.upper() != null) {
                bounds = String.format(
                        Locale.ROOT,
                        " (%s%s%s%s)",
                        measure.lower() == null ? "" : String.format(Locale.ROOT, "at least %.6g", measure.lower()),
                        measure.lower() == null || measure.upper() == null ? "" : ", ",
                        measure.upper() == null ? "" : String.format(Locale.ROOT, "at most %.6g", measure.upper()),
                        measure.failureProbability() == 0
                                ? ""
                                : String.format(
                                        Locale.ROOT, ", fails with probability %.0e", measure.failureProbability()));
            }
            line(out, "  %-28s %.6g%s", measure.name(), measure.value(), bounds);
        }
        demands(findings.demands(), findings.notes(), out);
    }

    private static void demands(List<Demand> demands, List<String> notes, PrintStream out) {
        for (Demand d : demands) {
            line(out, "  demand  %s <= %s: %s", d.name(), d.limit(), d.met() ? "met" : "NOT met");
        }
        notes.forEach(note -> line(out, "  note    %s", note));
    }

    private static void line(PrintStream out, String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }

    private static void spectrum(HadoopConf conf, OutputFolder.Result result, PrintStream out) {
        double[] s = FactorTables.readValues(conf, result);
        for (int j = 0; j < Math.min(COMPONENTS, s.length); j++) {
            String bar = "#".repeat((int) Math.round(BAR * s[j] / s[0]));
            line(out, "  s[%d]%s %12.6g  %s", j, j < 10 ? " " : "", s[j], bar);
        }
        if (s.length > COMPONENTS) {
            line(out, "  ... s[%d] %10.6g", s.length - 1, s[s.length - 1]);
        }
    }

    private static void certificate(Certificate c, PrintStream out) {
        line(out, "  ||A - U S V'||_F / ||A||_F   %.6g", c.frobeniusResidual());
        line(
                out,
                "  ||A - U S V'||_2 / ||A||_2   at most %.6g (%s)",
                c.spectralResidual(),
                c.failureProbability() == 0
                        ? "certain"
                        : String.format(Locale.ROOT, "fails with probability %.0e", c.failureProbability()));
        if (c.written() != null) {
            Confirmation w = c.written();
            line(
                    out,
                    "  the same as U was written    %.6g (between %.3g and %.3g but for a probability of %.0e), at least %.3g",
                    w.frobenius(),
                    w.frobeniusAtLeast(),
                    w.frobeniusAtMost(),
                    w.failureProbability(),
                    w.spectralAtLeast());
        }
        line(
                out,
                "  max |U'U - I|, max |V'V - I| %s, %.2g",
                c.orthogonalityU() == null ? "-" : String.format(Locale.ROOT, "%.2g", c.orthogonalityU()),
                c.orthogonalityV());
        demands(c.demands(), c.notes(), out);
    }
}
