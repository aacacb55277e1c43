package lowrank.jobs;

import java.io.FileNotFoundException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lowrank.certify.Certificate;
import lowrank.certify.Demand;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.factor.Confirmation;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.regress.LambdaPath;
import lowrank.store.FactorTables;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import lowrank.store.report.ModelFacts;

/** A result in the terminal. */
final class Show {
    private static final int COMPONENTS = 10;
    private static final int BAR = 40;
    private static final int WIDE = 110;
    private static final int PENALTIES = 9;

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
        line(out, "%s", headline(m));
        line(out, "  input   %s (%s)", m.input().path(), counted(m.input().files(), "file"));
        line(out, "  output  %s", result.path());
        if (m.weights() != null) {
            ShowWeights.print(conf, result, out);
            findings(m.findings(), out);
        } else if (m.job().equals(ShowAttention.JOB)) {
            stored(m, out);
            ShowAttention.print(conf, result, out);
            findings(m.findings(), out);
        } else if (m.certificate() != null) {
            spectrum(conf, result, out);
            certificate(m.certificate(), out);
        } else {
            model(m, out);
            if (m.factors().containsKey(ModelTables.PATH)) {
                path(
                        ModelTables.readPath(conf, result),
                        m.model() == null
                                ? Double.NaN
                                : m.model().at("/fit/lambda").asDouble(),
                        out);
            }
            if (m.findings() != null) {
                findings(m.findings(), out);
            }
        }
        int widest = m.passes().stream().mapToInt(p -> p.label().length()).max().orElse(0);
        for (Manifest.PassRecord p : m.passes()) {
            line(
                    out,
                    "  pass    %-" + Math.max(18, widest) + "s %8.2f s  %6.2f GB/s  %6.1f GFLOP/s  %s",
                    p.label(),
                    p.seconds(),
                    p.bytes() / 1e9 / p.seconds(),
                    p.flops() / 1e9 / p.seconds(),
                    counted(p.tasks(), "task"));
        }
        long offHeap = m.passes().stream()
                .mapToLong(Manifest.PassRecord::offHeap)
                .max()
                .orElse(0);
        if (offHeap > 0) {
            line(out, "  memory  %.1f MB off the heap at once in the process that held most", offHeap / 1e6);
        }
        if (digest) {
            m.factors().forEach((name, factor) -> line(out, "  digest  %s %s", name, factor.digest()));
        }
    }

    private static String headline(Manifest m) {
        if (m.weights() != null) {
            return ShowWeights.headline(m);
        }
        if (m.job().equals(ShowAttention.JOB)) {
            return ShowAttention.headline(m);
        }
        return String.format(
                Locale.ROOT,
                "%s of %,d x %,d %s by %s%s",
                m.job(),
                m.shape().rows(),
                m.shape().cols(),
                m.shape().precision(),
                m.algorithm(),
                size(m));
    }

    /** How large what was made is; of predictions nothing that the rows would not say. */
    private static String size(Manifest m) {
        if (m.model() != null) {
            return String.format(Locale.ROOT, ": %,d features", ModelFacts.size(m.model()));
        }
        return m.findings() == null ? ": rank " + m.rank() : "";
    }

    private static String counted(int count, String thing) {
        return count + " " + thing + (count == 1 ? "" : "s");
    }

    private static void stored(Manifest m, PrintStream out) {
        m.factors()
                .forEach((name, factor) -> line(
                        out, "  stored  %-14s %,d x %,d %s", name, factor.rows(), factor.width(), factor.precision()));
    }

    /** What is stored, and what the model is, in words. */
    private static void model(Manifest m, PrintStream out) {
        stored(m, out);
        if (m.model() != null) {
            ModelFacts.of(m, KernelJob::shown)
                    .forEach(
                            (name, value) -> wrapped(out, String.format(Locale.ROOT, "  model   %-14s ", name), value));
        }
    }

    /** Scores of the penalties around the one that was chosen: what was not computed is left out. */
    private static void path(LambdaPath path, double chosen, PrintStream out) {
        int count = path.lambda().length;
        int best = 0;
        while (best < count - 1 && path.lambda()[best] != chosen) {
            best++;
        }
        Map<String, double[]> columns = new LinkedHashMap<>();
        columns.put("GCV", path.gcv());
        columns.put("k-fold", path.cvError());
        columns.put("leave-one-out", path.looError());
        columns.put("df", path.df());
        columns.values().removeIf(values -> Arrays.stream(values).allMatch(Double::isNaN));
        StringBuilder head = new StringBuilder(String.format(Locale.ROOT, "  path    %-14s", "lambda"));
        columns.keySet().forEach(name -> head.append(String.format(Locale.ROOT, " %14s", name)));
        line(out, "%s", head);
        int from = Math.max(0, Math.min(best - PENALTIES / 2, count - PENALTIES));
        int to = Math.min(count, from + PENALTIES);
        for (int i = from; i < to; i++) {
            StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "          %-14.6g", path.lambda()[i]));
            for (double[] values : columns.values()) {
                row.append(String.format(Locale.ROOT, " %14s", Double.isNaN(values[i]) ? "-" : number(values[i])));
            }
            line(out, "%s%s", row, i == best && count > 1 ? "  <- chosen" : "");
        }
        if (to - from < count) {
            line(out, "          %d of %d penalties; all are in path/", to - from, count);
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.6g", value);
    }

    private static void findings(Findings findings, PrintStream out) {
        int widest = findings.measures().stream()
                .mapToInt(m -> m.name().length())
                .max()
                .orElse(0);
        for (Measure measure : findings.measures()) {
            String value = KernelJob.shown(measure.value());
            wrapped(
                    out,
                    String.format(Locale.ROOT, "  %-" + Math.max(14, widest) + "s  %-12s ", measure.name(), value),
                    bounds(measure).isEmpty()
                            ? measure.meaning()
                            : measure.meaning().replaceFirst("\\.$", "") + bounds(measure));
        }
        demands(findings.demands(), findings.notes(), out);
    }

    private static String bounds(Measure measure) {
        if (measure.lower() == null && measure.upper() == null) {
            return "";
        }
        return (measure.lower() == null ? "" : "; at least " + KernelJob.shown(measure.lower()))
                + (measure.upper() == null
                        ? ""
                        : (measure.lower() == null ? "; at most " : ", at most ") + KernelJob.shown(measure.upper()))
                + (measure.failureProbability() == 0
                        ? ""
                        : String.format(Locale.ROOT, ", fails with probability %.0e", measure.failureProbability()));
    }

    /** Words after a name, continued below each other where a line is full. */
    private static void wrapped(PrintStream out, String name, String words) {
        StringBuilder line = new StringBuilder(name);
        boolean started = false;
        for (String word : words.split(" ", -1)) {
            if (started && line.length() + 1 + word.length() > WIDE) {
                line(out, "%s", line);
                line = new StringBuilder(" ".repeat(name.length()));
                started = false;
            }
            line.append(started ? " " : "").append(word);
            started = true;
        }
        line(out, "%s", line);
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
