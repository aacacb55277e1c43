package lowrank.io;

import java.util.ArrayList;
import java.util.List;
import lowrank.blocks.BlockSource;
import lowrank.blocks.DataException;
import lowrank.blocks.RowBlocks;

/**
 * The groups of a table, ordered by their keys.
 *
 * @param inPlace whether each group is one run of rows with consecutive positions, wherever it stands; its first row is then one of the
 *     table, otherwise one of a copy with the groups one below the other
 */
public record GroupOrder(PositionColumns columns, RowBlocks rows, List<Group> groups, boolean inPlace) {
    /**
     * Finds them in one pass. What has as many positions as its least and greatest one allow, but not in order, is not known yet to have
     * each of them once: {@link #refusal} tells why not.
     *
     * @param rows those of the columns' source
     * @throws DataException when positions are no whole numbers, begin elsewhere than all at 0 or all at 1, or are missing, or when a
     *     mask hides a whole group, naming them
     */
    public static GroupOrder of(PositionColumns columns, RowBlocks rows) {
        return new Checks(columns, rows, rows.pass(columns.pass())).order();
    }

    /** Where the rows belong in a copy. */
    public RowTargets targets() {
        return RowTargets.of(columns, groups);
    }

    /**
     * Why rows are no groups with each position once.
     *
     * @param row of the copy that two rows belong to
     */
    public DataException refusal(long row) {
        Group group = groups.stream()
                .filter(g -> row >= g.firstRow() && row < g.firstRow() + g.rows())
                .findFirst()
                .orElseThrow();
        KeyCodes codes = columns.codes();
        return new Checks(columns, rows, null)
                .unordered(
                        codes.numberOf(group.codes()),
                        group.words(columns.keys()),
                        group.firstPosition(),
                        group.rows());
    }

    private record Checks(PositionColumns columns, RowBlocks rows, GroupRuns runs) {
        GroupOrder order() {
            BlockSource source = columns.source();
            if (runs.flaws().count() > 0) {
                throw new DataException(
                        runs.flaws().sentence(source::place, "positions are whole numbers from 0 or 1"));
            }
            long start = Long.MAX_VALUE;
            boolean inPlace = true;
            for (int g = 0; g < runs.size(); g++) {
                start = Math.min(start, runs.low(g));
                inPlace &= runs.isRun(g);
            }
            List<Group> groups = new ArrayList<>();
            long next = 0;
            for (int g = 0; g < runs.size(); g++) {
                check(g, start);
                double[] codes = columns.codes().codes(runs.code(g));
                groups.add(new Group(g, codes, inPlace ? runs.firstRow(g) : next, runs.rows(g), start));
                next += runs.rows(g);
            }
            return new GroupOrder(columns, rows, groups, inPlace);
        }

        private void check(int g, long start) {
            if (start > 1) {
                throw new DataException("positions (read.position) of " + words(g) + " begin at " + runs.low(g)
                        + ", in " + place(runs.code(g), runs.low(g)) + "; they must begin at 0 or at 1");
            }
            if (runs.low(g) != start || runs.rows(g) != runs.high(g) - start + 1) {
                throw unordered(runs.code(g), words(g), start, runs.rows(g));
            }
            if (runs.shown(g) == 0) {
                throw AttentionTable.hidden(group(g), columns.keys());
            }
        }

        private String words(int g) {
            return group(g).words(columns.keys());
        }

        private Group group(int g) {
            return new Group(g, columns.codes().codes(runs.code(g)), 0, runs.rows(g), runs.low(g));
        }

        private String place(long code, long position) {
            return columns.source().place(rowsAt(code, position)[0]);
        }

        private long[] rowsAt(long code, long position) {
            return rows.pass(new RowsAtPass(columns, code, position));
        }

        /**
         * Some position is there twice or not at all. If none of start .. start + rows - 1 were missing, these were all that there are:
         * so it is enough to look at them.
         */
        DataException unordered(long code, String words, long start, long count) {
            SeenPositions seen = rows.pass(new SeenPass(columns, code, start, count));
            long twice = seen.twice();
            if (twice >= 0) {
                long[] at = rowsAt(code, start + twice);
                BlockSource source = columns.source();
                return new DataException("position " + (start + twice) + " is there twice in " + words + ", in "
                        + source.place(at[0]) + " and " + source.place(at[1])
                        + "; remove one of the rows, or name by read.keys what tells them apart");
            }
            return new DataException("position " + (start + seen.missing()) + " is missing in " + words + ", which has "
                    + count + (count == 1 ? " row" : " rows") + "; positions must be consecutive from " + start
                    + ": add the row (read.mask hides rows that are to be neither key nor query)");
        }
    }
}
