package lowrank.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How times of whole jobs grow with the rows of one head: t = a + b n^p. */
final class AttentionGrowth {
    private static final int[] LINEAR = {1 << 17, 1 << 18, 1 << 19, 1 << 20};
    private static final int[] EXACT = {1 << 14, 1 << 15, 1 << 16, 1 << 17};

    /** Longer ones as well, beside which what every job takes is little. */
    private static final int[] NYSTROM = {1 << 17, 1 << 18, 1 << 19, 1 << 20, 1 << 21, 1 << 22};

    private AttentionGrowth() {}

    /**
     * A law of growth.
     *
     * @param off root of the mean squared relative residual
     */
    record Law(double a, double b, double p, double off) {
        double at(double n) {
            return a + b * Math.pow(n, p);
        }
    }

    /** Of the methods named; where all three are, also where they cross. */
    static void run(int width, int features, int repetitions, Path folder, List<String> methods) throws IOException {
        Map<String, Law> laws = new HashMap<>();
        for (String method : methods) {
            int[] rows = switch (method) {
                case "performer" -> LINEAR;
                case "nystrom" -> NYSTROM;
                case "exact" -> EXACT;
                default -> throw new IllegalArgumentException(method);
            };
            laws.put(method, law(method, rows, width, features, repetitions, folder));
        }
        if (laws.size() == 3) {
            crossover(laws.get("exact"), laws.get("performer"), laws.get("nystrom"), width, features, folder);
        }
    }

    private static void crossover(Law exact, Law performer, Law nystrom, int width, int features, Path folder)
            throws IOException {
        Path small = AttentionData.generate(folder, EXACT[0], width, 1);
        Path out = Path.of(small + "-auto");
        AttentionBench.once(small, out, features, "auto");
        AttentionBench.print(
                "without constants, exact takes as long as performer at %,.0f rows, as nystrom at %,.0f; the job of auto says: %s",
                crossing(exact, performer),
                crossing(exact, nystrom),
                String.join("; ", AttentionBench.manifest(out).reasons()));
    }

    private static Law law(String method, int[] rows, int width, int features, int repetitions, Path folder)
            throws IOException {
        double[] times = new double[rows.length];
        // The largest first: what the JIT has yet to learn is little beside it.
        for (int i = rows.length - 1; i >= 0; i--) {
            Path input = AttentionData.generate(folder, rows[i], width, 1);
            Path out = Path.of(input + "-" + method);
            AttentionBench.once(input, out, features, method);
            double[] warm = new double[repetitions];
            for (int r = 0; r < repetitions; r++) {
                warm[r] = AttentionBench.once(input, out, features, method);
            }
            times[i] = AttentionBench.median(warm);
        }
        Law law = fit(rows, times);
        AttentionBench.print(
                "%s: t = %.3g + %.3g n^%.2f s, off by %.1f %%; %s",
                method,
                law.a,
                law.b,
                law.p,
                100 * law.off,
                IntStream.range(0, rows.length)
                        .mapToObj(i -> String.format(Locale.ROOT, "%,d: %.3f s", rows[i], times[i]))
                        .collect(Collectors.joining(", ")));
        return law;
    }

    /** Least squares of relative residuals with a, b of at least 0, over a grid of p. */
    static Law fit(int[] rows, double[] times) {
        Law best = null;
        for (int step = 50; step <= 300; step++) {
            Law law = fit(rows, times, step / 100.0);
            best = best == null || law.off < best.off ? law : best;
        }
        return best;
    }

    private static Law fit(int[] rows, double[] times, double p) {
        // Columns 1 / t and n^p / t, right-hand side 1.
        double aa = 0;
        double ab = 0;
        double bb = 0;
        double ra = 0;
        double rb = 0;
        for (int i = 0; i < rows.length; i++) {
            double x = 1 / times[i];
            double y = Math.pow(rows[i], p) / times[i];
            aa += x * x;
            ab += x * y;
            bb += y * y;
            ra += x;
            rb += y;
        }
        double determinant = aa * bb - ab * ab;
        double a = (ra * bb - rb * ab) / determinant;
        double b = (aa * rb - ab * ra) / determinant;
        if (a < 0) {
            a = 0;
            b = rb / bb;
        } else if (b < 0) {
            a = ra / aa;
            b = 0;
        }
        Law law = new Law(a, b, p, 0);
        double off = IntStream.range(0, rows.length)
                .mapToDouble(i -> law.at(rows[i]) / times[i] - 1)
                .map(x -> x * x)
                .average()
                .orElseThrow();
        return new Law(a, b, p, Math.sqrt(off));
    }

    /** Where one law meets another, without what every job takes: b n^p = b' n^p'. */
    private static double crossing(Law steep, Law flat) {
        return Math.pow(flat.b / steep.b, 1 / (steep.p - flat.p));
    }
}
