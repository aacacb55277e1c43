package lowrank.factor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/** Random shapes, spectra, ranks, seeds, centring and precisions: a trial fails when the truth is outside of a bound. */
final class CertificateTrials {
    /** Errors below this part of s_1 are rounding, of which bounds are generous. */
    private static final double RESOLVED = 1e-5;

    private static final List<String> FALLING = List.of("S1", "S11", "D1", "D2", "D3", "D5", "harmonic");
    private static final List<String> LEVEL = List.of("S2", "S3", "S10", "D4", "step-20", "step-300", "flat-tail");

    /** One random draw after the other. */
    private static final class Draw {
        private final Philox random;
        private int column;

        Draw(int trial) {
            random = new Philox(trial, 1234);
        }

        int between(int low, int high) {
            return low + (int) (random.uniformAt(0, column++) * (high + 1 - low));
        }

        boolean oneIn(int n) {
            return between(1, n) == 1;
        }
    }

    private final List<Double> decaying = new ArrayList<>();
    private final List<Double> flat = new ArrayList<>();

    private void trial(int number) {
        Draw draw = new Draw(number);
        int m = draw.oneIn(4) ? draw.between(2, 60) : draw.between(60, 250);
        int n = draw.oneIn(4) ? draw.between(1, 30) : draw.between(30, 200);
        int most = Math.min(m, n);
        boolean falling = draw.oneIn(2);
        List<String> names = falling ? FALLING : LEVEL;
        double[] s = KnownSpectrum.values(names.get(draw.between(0, names.size() - 1)), most);
        double size = draw.oneIn(5) ? Math.scalb(1.0, draw.between(-300, 300)) : 1;
        Precision precision = draw.oneIn(4) ? Precision.FLOAT : Precision.DOUBLE;
        if (precision == Precision.FLOAT) {
            size = 1;
        }
        Matrix a = Cases.random(m, n, s, number);
        boolean center = draw.oneIn(3);
        boolean scale = center && draw.oneIn(2);
        double mean = center ? draw.between(0, 3) : 0;
        for (int i = 0; i < a.values().length; i++) {
            a.values()[i] = (a.values()[i] + mean) * size;
        }
        RankRule rank = draw.oneIn(8)
                ? new RankRule.Tolerance(Math.scalb(1.0, -draw.between(1, 25)), Double.NaN)
                : new RankRule.Fixed(draw.between(1, Math.min(20, most)));
        Sketch sketch =
                new Sketch(draw.between(0, 12), draw.between(0, 3), draw.oneIn(3), draw.between(10, 40), 1e-10, number);
        SvdAlgorithm algorithm = algorithm(draw, rank, center, scale, sketch);
        try {
            Measured measured = Measured.of(algorithm, Cases.rows(a, precision), draw.between(1, 4))
                    .requireFactors()
                    .requireTruthInside();
            boolean resolved = measured.relativeError() > RESOLVED && precision == Precision.DOUBLE;
            // Bounds by the whole spectrum are tight anyway.
            boolean probed = measured.svd().evidence().missed().probes() > 0;
            if (probed && sketch.powerIterations() > 0 && resolved) {
                (falling ? decaying : flat).add(measured.tightness());
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "trial " + number + ": " + algorithm + " of " + m + " x " + n + ": " + e.getMessage(), e);
        }
    }

    private static SvdAlgorithm algorithm(Draw draw, RankRule rank, boolean center, boolean scale, Sketch sketch) {
        return switch (draw.between(1, 10)) {
            case 1 -> new Tsqr(rank, center, scale, true);
            case 2 -> new Gram(rank, center, scale, true);
            case 3 -> new Lapack(rank, center, scale, true);
            default -> new BlockKrylov(rank, center, scale, true, sketch);
        };
    }

    void run(int from, int to) {
        for (int number = from; number < to; number++) {
            trial(number);
        }
    }

    /** The median of the spectral bound over the truth where residuals decay. */
    double decaying() {
        return median(decaying);
    }

    /** The same where they are level. */
    double level() {
        return median(flat);
    }

    private static double median(List<Double> values) {
        Collections.sort(values);
        return values.get(values.size() / 2);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "spectral bound over the truth, median: %.2f in %d probed trials with decaying residuals, %.2f in %d with"
                        + " level ones; worst %.2f and %.2f",
                decaying(),
                decaying.size(),
                level(),
                flat.size(),
                Collections.max(decaying),
                Collections.max(flat));
    }
}
