package lowrank.factor;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * Named spectra of test matrices: S1 to S11 of Li, Kluger and Tygert (2016), "Randomized algorithms for distributed
 * computation of principal component analysis and singular value decomposition", D1 to D5 for range finders, and a few with
 * a plateau. Powers and exponentials are those of {@link StrictMath}: the same bits on every machine.
 */
public final class KnownSpectrum {
    /** Values of S1 that the low-rank spectrum S11 keeps. */
    private static final int LOW_RANK = 20;

    /** Values of {@code D4} and {@code flat-tail} that stand above the plateau. */
    private static final int HEAD = 10;

    /** Octal digits of the staircase S10. */
    private static final int DIGITS = 6;

    /** The i-th of k values, i from 0; in any order. */
    private interface Spectrum {
        double value(int i, int k);
    }

    private static final Map<String, Spectrum> SPECTRA = spectra();

    private KnownSpectrum() {}

    private static Map<String, Spectrum> spectra() {
        Map<String, Spectrum> spectra = new LinkedHashMap<>();
        Spectrum decades = (i, k) -> k == 1 ? 1 : StrictMath.pow(10, -20.0 * i / (k - 1));
        Spectrum roots = (i, k) -> Math.sqrt(i + 1.0);
        Spectrum repeated = (i, k) -> Math.sqrt(i % 3);
        spectra.put("S1", decades);
        spectra.put("S2", roots);
        spectra.put("S3", repeated);
        spectra.put("S4", scaled(1e20, decades));
        spectra.put("S5", scaled(1e20, roots));
        spectra.put("S6", scaled(1e20, repeated));
        spectra.put("S7", scaled(1e-20, decades));
        spectra.put("S8", scaled(1e-20, roots));
        spectra.put("S9", scaled(1e-20, repeated));
        spectra.put("S10", KnownSpectrum::staircase);
        spectra.put("S11", (i, k) -> i < LOW_RANK ? decades.value(i, k) : 0);
        spectra.put("D1", ofPosition(j -> 1 / Math.sqrt(j)));
        spectra.put("D2", ofPosition(j -> 1 / j));
        spectra.put("D3", ofPosition(j -> 1 / (j * j)));
        spectra.put("D4", ofPosition(j -> j <= HEAD ? 1 : 0.1));
        spectra.put("D5", ofPosition(j -> StrictMath.exp(-j / 7)));
        Spectrum step = halves(1.0 / 300);
        spectra.put("step", step);
        spectra.put("step-300", step);
        spectra.put("step-20", halves(1.0 / 20));
        spectra.put("flat-tail", ofPosition(j -> j <= HEAD ? 1 : 1.0 / 300));
        spectra.put("harmonic", ofPosition(j -> 1000 / j));
        return spectra;
    }

    private static Spectrum scaled(double factor, Spectrum spectrum) {
        return (i, k) -> factor * spectrum.value(i, k);
    }

    /** A spectrum in which the j-th value, j from 1, does not depend on how many there are. */
    private static Spectrum ofPosition(DoubleUnaryOperator value) {
        return (i, k) -> value.applyAsDouble(i + 1.0);
    }

    private static Spectrum halves(double low) {
        return (i, k) -> i < (k + 1) / 2 ? 1 : low;
    }

    /** floor(i 8^6 / k) in octal, every digit that is not 0 made 1, read as binary, over 63: a devil's staircase. */
    private static double staircase(int i, int k) {
        long octal = ((long) i << (3 * DIGITS)) / k;
        int binary = 0;
        for (int digit = 0; digit < DIGITS; digit++) {
            binary |= (octal >> (3 * digit) & 7) == 0 ? 0 : 1 << digit;
        }
        return binary / (double) ((1 << DIGITS) - 1);
    }

    /**
     * The values of a spectrum, descending.
     *
     * <table>
     * <caption>Spectra of k values; i counts from 0, j from 1</caption>
     * <tr><td>S1</td><td>10^(-20 i / (k-1)): twenty decades</td></tr>
     * <tr><td>S2</td><td>sqrt(i+1)</td></tr>
     * <tr><td>S3</td><td>sqrt(i mod 3): a third each of sqrt 2, 1 and 0</td></tr>
     * <tr><td>S4, S5, S6</td><td>1e20 times S1, S2, S3</td></tr>
     * <tr><td>S7, S8, S9</td><td>1e-20 times S1, S2, S3</td></tr>
     * <tr><td>S10</td><td>a devil's staircase: many repeated values</td></tr>
     * <tr><td>S11</td><td>the first twenty values of S1, the rest 0</td></tr>
     * <tr><td>D1, D2, D3</td><td>1 / sqrt(j), 1 / j, 1 / j^2</td></tr>
     * <tr><td>D4</td><td>ten times 1, the rest 0.1</td></tr>
     * <tr><td>D5</td><td>exp(-j / 7)</td></tr>
     * <tr><td>step, step-300</td><td>half 1, half 1/300</td></tr>
     * <tr><td>step-20</td><td>half 1, half 1/20</td></tr>
     * <tr><td>flat-tail</td><td>ten times 1, the rest 1/300</td></tr>
     * <tr><td>harmonic</td><td>1000 / j</td></tr>
     * </table>
     *
     * @param name one of {@link #names}, in either case
     * @param k how many values
     */
    public static double[] values(String name, int k) {
        Spectrum spectrum = SPECTRA.entrySet().stream()
                .filter(known -> known.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "spectrum " + name + " is not known; known are " + String.join(", ", SPECTRA.keySet())));
        double[] values = new double[k];
        for (int i = 0; i < k; i++) {
            // Ascending order of -s is descending order of s.
            values[i] = -spectrum.value(i, k);
        }
        Arrays.sort(values);
        for (int i = 0; i < k; i++) {
            values[i] = Math.abs(values[i]);
        }
        return values;
    }

    /** The names that {@link #values} knows. */
    public static List<String> names() {
        return List.copyOf(SPECTRA.keySet());
    }
}
