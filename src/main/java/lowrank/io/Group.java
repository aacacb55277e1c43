package lowrank.io;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rows that share their keys, in order of their positions: one head of one sequence.
 *
 * @param index among all groups, which are ordered by their keys
 * @param codes of the keys, see {@link lowrank.blocks.Classes}
 * @param firstRow of the table that is the group's row 0
 * @param firstPosition the position of that row; of row i it is {@code firstPosition + i}
 */
public record Group(int index, double[] codes, long firstRow, long rows, long firstPosition) implements Serializable {
    /** The keys in words, for messages: {@code sequence = 3, head = 2}. */
    public String words(List<KeyColumn> keys) {
        if (keys.isEmpty()) {
            return "the whole table";
        }
        List<String> words = new ArrayList<>();
        for (int i = 0; i < codes.length; i++) {
            words.add(keys.get(i).name() + " = " + keys.get(i).classes().word((int) codes[i]));
        }
        return String.join(", ", words);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Group that
                && index == that.index
                && Arrays.equals(codes, that.codes)
                && firstRow == that.firstRow
                && rows == that.rows
                && firstPosition == that.firstPosition;
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(firstRow) + index;
    }

    @Override
    public String toString() {
        return "group " + index + " " + Arrays.toString(codes) + ", rows " + firstRow + " .. " + (firstRow + rows)
                + ", positions from " + firstPosition;
    }
}
