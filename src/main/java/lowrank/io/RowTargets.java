package lowrank.io;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import lowrank.blocks.Block;
import lowrank.blocks.DataException;
import lowrank.blocks.Offenders;

/**
 * Where the rows of a table belong once its groups stand one below the other, each in the order of its positions: row first + position -
 * start of the whole, where the group begins at row {@code first}.
 *
 * @param groups see {@link KeyCodes}, ascending
 * @param firsts the first row of each
 * @param start the first position of all groups
 */
public record RowTargets(KeyCodes codes, String position, long[] groups, long[] firsts, long[] rows, long start)
        implements Serializable {
    static RowTargets of(PositionColumns columns, List<Group> groups) {
        KeyCodes codes = columns.codes();
        return new RowTargets(
                codes,
                columns.name(),
                groups.stream()
                        .mapToLong(group -> codes.numberOf(group.codes()))
                        .toArray(),
                groups.stream().mapToLong(Group::firstRow).toArray(),
                groups.stream().mapToLong(Group::rows).toArray(),
                groups.get(0).firstPosition());
    }

    /** Reads targets; one thread's. */
    public final class Reader {
        private final GroupRows reader = new GroupRows(codes, position, false);
        private long code;
        private int group = -1;
        private int done;

        /**
         * The targets of the rows of a block.
         *
         * @param first the column of the position; the keys follow it
         * @param targets at least as many as the block has rows
         * @throws DataException when the rows are not those that the groups were found in
         */
        public void read(Block block, int first, long[] targets) {
            Offenders flaws = new Offenders();
            done = 0;
            reader.visit(block, first, flaws, (row, number, at, shown) -> {
                if (group < 0 || number != code) {
                    group = Arrays.binarySearch(groups, number);
                    code = number;
                }
                long place = at - start;
                if (group < 0 || place < 0 || place >= rows[group]) {
                    throw changed();
                }
                targets[row] = firsts[group] + place;
                done++;
            });
            if (done < block.rows()) {
                throw changed();
            }
        }
    }

    private static DataException changed() {
        return new DataException(
                "positions or keys are not those that were read before; run again on input that stays" + " as it is");
    }

    /** Opens a reader. */
    public Reader open() {
        return new Reader();
    }
}
