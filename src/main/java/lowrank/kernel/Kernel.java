package lowrank.kernel;

import java.io.Serializable;
import java.util.Map;

/**
 * A positive semidefinite function k(x, y) of two rows, as one number that {@link Form} makes of their coordinates and a function of
 * that number. Numbers of many pairs are made by BLAS or in vectorised loops, and turned into kernel values a tile at a time.
 *
 * <p>A kernel is a record of its parameters, checked in its constructor.
 */
public interface Kernel extends Serializable {

    /** The number that is made of two rows. */
    enum Form {
        /** x'y; the size of a row is |x|^2. */
        PRODUCT,
        /** |x - y|^2. */
        SQUARED_DISTANCE,
        /** sum |x_j - y_j|. */
        ABSOLUTE_DISTANCE,
        /** sum 2 x_j y_j / (x_j + y_j), where 0/0 is 0, of rows without negative values; the size of a row is its sum. */
        HARMONIC,
        /** sum (x_j - y_j)^2 / (x_j + y_j), where 0/0 is 0, of rows without negative values. */
        CHI_SQUARED
    }

    /** As in a spec: {@code gaussian}. */
    String name();

    /** Its parameters as they are called below {@code kernel.} in a spec: with the name, all that {@link Kernels#of} needs. */
    default Map<String, Double> parameters() {
        return Map.of();
    }

    /** What is made of the coordinates of two rows. */
    Form form();

    /**
     * Turns form values of one row x with many rows y_j into kernel values: values[from + j] = k(x, y_j).
     *
     * @param values form(x, y_j), replaced
     * @param size of x: form(x, x) for products and harmonic sums; not used for distances
     * @param sizes of the y_j, from index {@code sizesFrom} on
     */
    void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom);

    /** k(x, x) of a row with this size. */
    double self(double size);
}
