package lowrank.io;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.blocks.Offenders;

/**
 * What is known of the groups in some consecutive rows, ordered by their keys; a monoid. Rows of a group that follow each other in the table
 * with consecutive positions are a <b>run</b>, and neighbouring runs that fit join.
 *
 * @param fields {@link #FIELDS} whole numbers for each group
 * @param flaws positions that are no positions
 */
public record GroupRuns(long[] fields, Offenders flaws) implements Serializable {
    /** See {@link KeyCodes}. */
    private static final int CODE = 0;

    private static final int FIRST_ROW = 1;
    private static final int LAST_ROW = 2;
    /** The least and the greatest position. */
    private static final int LOW = 3;

    private static final int HIGH = 4;
    private static final int ROWS = 5;
    /** Rows that no mask hides. */
    private static final int SHOWN = 6;
    /** 1 where all rows are one run, else 0. */
    private static final int RUN = 7;

    private static final int FIELDS = 8;

    int size() {
        return fields.length / FIELDS;
    }

    long code(int group) {
        return fields[group * FIELDS + CODE];
    }

    long firstRow(int group) {
        return fields[group * FIELDS + FIRST_ROW];
    }

    long low(int group) {
        return fields[group * FIELDS + LOW];
    }

    long high(int group) {
        return fields[group * FIELDS + HIGH];
    }

    long rows(int group) {
        return fields[group * FIELDS + ROWS];
    }

    long shown(int group) {
        return fields[group * FIELDS + SHOWN];
    }

    boolean isRun(int group) {
        return fields[group * FIELDS + RUN] == 1;
    }

    /** These, then those of the rows that follow. */
    GroupRuns then(GroupRuns next) {
        long[] both = Arrays.copyOf(fields, fields.length + next.fields.length);
        System.arraycopy(next.fields, 0, both, fields.length, next.fields.length);
        return new GroupRuns(byGroup(both), flaws.then(next.flaws));
    }

    /** The groups that runs, in order of their rows, belong to. */
    private static long[] byGroup(long[] runs) {
        int count = runs.length / FIELDS;
        long[] codes = new long[count];
        boolean ascending = true;
        for (int r = 0; r < count; r++) {
            codes[r] = runs[r * FIELDS + CODE];
            ascending &= r == 0 || codes[r - 1] < codes[r];
        }
        if (ascending) {
            return runs;
        }
        Arrays.sort(codes);
        int groups = 0;
        for (int r = 0; r < count; r++) {
            if (r == 0 || codes[r] != codes[r - 1]) {
                codes[groups++] = codes[r];
            }
        }
        long[] joined = new long[groups * FIELDS];
        for (int r = 0; r < count; r++) {
            int group = Arrays.binarySearch(codes, 0, groups, runs[r * FIELDS + CODE]);
            join(joined, group * FIELDS, runs, r * FIELDS);
        }
        return joined;
    }

    private static void join(long[] groups, int at, long[] runs, int run) {
        if (groups[at + ROWS] == 0) {
            System.arraycopy(runs, run, groups, at, FIELDS);
            return;
        }
        boolean fits = groups[at + RUN] == 1
                && runs[run + RUN] == 1
                && groups[at + LAST_ROW] + 1 == runs[run + FIRST_ROW]
                && groups[at + HIGH] + 1 == runs[run + LOW];
        groups[at + RUN] = fits ? 1 : 0;
        groups[at + LAST_ROW] = runs[run + LAST_ROW];
        groups[at + LOW] = Math.min(groups[at + LOW], runs[run + LOW]);
        groups[at + HIGH] = Math.max(groups[at + HIGH], runs[run + HIGH]);
        groups[at + ROWS] += runs[run + ROWS];
        groups[at + SHOWN] += runs[run + SHOWN];
    }

    /** Puts rows together, one after the other; one thread's. */
    static final class Builder {
        private static final int SOME = 64;

        private long[] runs = new long[SOME * FIELDS];
        private int count;
        private Offenders flaws = new Offenders();

        Offenders flaws() {
            return flaws;
        }

        void add(long code, long row, long position, boolean shown) {
            int last = (count - 1) * FIELDS;
            if (count > 0
                    && runs[last + CODE] == code
                    && runs[last + LAST_ROW] + 1 == row
                    && runs[last + HIGH] + 1 == position) {
                runs[last + LAST_ROW] = row;
                runs[last + HIGH] = position;
                runs[last + ROWS]++;
                runs[last + SHOWN] += shown ? 1 : 0;
                return;
            }
            int at = count * FIELDS;
            if (at == runs.length) {
                runs = Arrays.copyOf(runs, 2 * runs.length);
            }
            runs[at + CODE] = code;
            runs[at + FIRST_ROW] = row;
            runs[at + LAST_ROW] = row;
            runs[at + LOW] = position;
            runs[at + HIGH] = position;
            runs[at + ROWS] = 1;
            runs[at + SHOWN] = shown ? 1 : 0;
            runs[at + RUN] = 1;
            count++;
        }

        /** What was added since the last call. */
        GroupRuns take() {
            GroupRuns taken = new GroupRuns(byGroup(Arrays.copyOf(runs, count * FIELDS)), flaws);
            count = 0;
            flaws = new Offenders();
            return taken;
        }
    }
}
