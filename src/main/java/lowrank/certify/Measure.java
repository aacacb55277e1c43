package lowrank.certify;

import java.io.Serializable;

/**
 * Something that was measured of a result, with what is known of its truth.
 *
 * @param name in words, such as {@code trace residual}
 * @param value what was measured
 * @param lower what the truth is at least, or null where that is not known
 * @param upper what the truth is at most, or null
 * @param failureProbability of the bounds; 0 when they are certain
 * @param meaning a sentence that says what it is, and its unit where it has one
 */
public record Measure(String name, double value, Double lower, Double upper, double failureProbability, String meaning)
        implements Serializable {
    /** Known as it is, up to rounding. */
    public static Measure exact(String name, double value, String meaning) {
        return new Measure(name, value, null, null, 0, meaning);
    }
}
