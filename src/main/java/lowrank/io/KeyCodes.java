package lowrank.io;

import java.io.Serializable;
import java.util.List;
import lowrank.blocks.DataException;

/**
 * The keys of a row as one whole number, such that groups are ordered by it: sum_j code_j s_j, where s_j is the number of values of all
 * later key columns, multiplied.
 */
public record KeyCodes(List<KeyColumn> keys) implements Serializable {
    /**
     * Numbers for these keys.
     *
     * @throws DataException when there are more than 2^62 of them
     */
    public KeyCodes {
        keys = List.copyOf(keys);
        double all = 1;
        for (KeyColumn key : keys) {
            all *= key.classes().size();
        }
        if (all > 1L << 62) {
            throw new DataException("the columns of read.keys have too many values for their combinations to be"
                    + " counted; name fewer of them");
        }
    }

    /**
     * The number of keys as they are read.
     *
     * @param values the rows of each key column
     */
    long of(double[][] values, int row) {
        long code = 0;
        for (int j = 0; j < values.length; j++) {
            int own = keys.get(j).classes().code(values[j][row]);
            if (own < 0) {
                throw new DataException("column " + keys.get(j).name() + " (read.keys) holds another value than when"
                        + " it was read first; run again on input that stays as it is");
            }
            code = code * keys.get(j).classes().size() + own;
        }
        return code;
    }

    /** The number of codes. */
    long numberOf(double[] codes) {
        long number = 0;
        for (int j = 0; j < codes.length; j++) {
            number = number * keys.get(j).classes().size() + (long) codes[j];
        }
        return number;
    }

    /** The codes of the keys behind a number. */
    public double[] codes(long number) {
        double[] codes = new double[keys.size()];
        long left = number;
        for (int j = codes.length - 1; j >= 0; j--) {
            int size = keys.get(j).classes().size();
            codes[j] = left % size;
            left /= size;
        }
        return codes;
    }
}
