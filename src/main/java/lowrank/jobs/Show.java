package lowrank.jobs;

import java.io.FileNotFoundException;
import java.io.PrintStream;
import java.util.Locale;
import lowrank.certify.Certificate;
import lowrank.certify.Demand;
import lowrank.factor.Confirmation;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.store.FactorTables;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;

/** A result in the terminal. */
final class Show {
    private static final int COMPONENTS = 10;
    private static final int BAR = 40;

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
                "%s of %,d x %,d %s by %s: rank %d",
                m.job(),
                m.shape().rows(),
                m.shape().cols(),
                m.shape().precision(),
                m.algorithm(),
                m.rank());
        line(out, "  input   %s (%d files)", m.input().path(), m.input().files());
        line(out, "  output  %s", result.path());
        if (m.certificate() != null) {
            spectrum(conf, result, out);
            certificate(m.certificate(), out);
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
        for (Demand d : c.demands()) {
            line(out, "  demand  %s <= %s: %s", d.name(), d.limit(), d.met() ? "met" : "NOT met");
        }
        c.notes().forEach(note -> line(out, "  note    %s", note));
    }
}
