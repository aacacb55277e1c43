package lowrank.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Columns that are copied beside a matrix: names or, of Parquet, Spark SQL expressions.
 *
 * @param targets numbers
 * @param label numbers or text, or null; not together with targets
 * @param weight a number, or null
 */
public record Beside(List<String> targets, String label, String weight) implements Serializable {
    /** The matrix alone. */
    public static final Beside NOTHING = new Beside(List.of(), null, null);

    /** With a label that is known to hold numbers: one target. */
    public Beside withNumericLabel() {
        return label == null ? this : new Beside(List.of(label), null, weight);
    }

    /** The columns that must hold numbers, in the order of the copy. */
    public List<String> numbers() {
        List<String> numbers = new ArrayList<>(targets);
        if (weight != null) {
            numbers.add(weight);
        }
        return numbers;
    }

    /** All columns. */
    public List<String> all() {
        List<String> all = new ArrayList<>(numbers());
        if (label != null) {
            all.add(label);
        }
        return all;
    }
}
