package lowrank.regress;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.blocks.DataException;
import lowrank.blocks.RowBlocks;

/**
 * The classes of a table whose second column holds one label per row.
 *
 * @param codes the distinct labels, ascending
 * @param rows how many rows each has
 */
public record Classes(double[] codes, long[] rows) implements Serializable {
    /** More distinct labels are no classes. */
    public static final int MOST = 10_000;

    /**
     * Finds the classes in one pass.
     *
     * @throws DataException when there is one class, or more than {@value #MOST}
     */
    public static Classes of(RowBlocks rows) {
        ClassesPass.Found found = rows.pass(new ClassesPass());
        String name = rows.schema().columns().get(1).name();
        if (found.tooMany()) {
            throw new DataException(
                    name + " has more than 10,000 distinct values; set read.kind = regression to predict numbers");
        }
        if (found.codes().length < 2) {
            throw new DataException(name + " has one value in all rows, and a classifier needs two classes; check"
                    + " read.label and read.where");
        }
        return new Classes(found.codes(), found.rows());
    }

    /** How many. */
    public int count() {
        return codes.length;
    }

    /** The place of a label among codes that ascend, or a negative number. */
    static int index(double[] codes, double label) {
        // 0.0 and -0.0 are one label.
        return Arrays.binarySearch(codes, label + 0.0);
    }
}
