package lowrank.kernel;

import java.io.Serializable;
import java.util.List;
import lowrank.blocks.DataException;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;

/**
 * A way to choose landmarks among the rows of a table (its first column). Every choice is a function of the seed and of the global
 * positions and values of the rows: the same for any number of tasks.
 */
public sealed interface Landmarks permits Uniform, Given, KMeans, Leverage, RpCholesky {

    /** As in a spec: {@code rpcholesky}. */
    String name();

    /** Chooses. What cannot be met but leaves a useful choice is said in {@link Chosen#notes}; fewer rows than landmarks is an error. */
    Chosen choose(RowBlocks rows, Kernel kernel);

    /**
     * What was chosen.
     *
     * @param points m x d, a row per landmark, in the order of choice
     * @param rows their global positions, or -1 where a landmark is no row of the table
     * @param notes how the choice went, in sentences
     * @param left tr(K - K^) / tr(K) after the first j + 1 landmarks, over the rows that were chosen from; empty where not known
     */
    record Chosen(Matrix points, long[] rows, List<String> notes, double[] left) implements Serializable {
        public Chosen {
            if (points.rows() != rows.length) {
                throw new IllegalArgumentException(points.rows() + " landmarks at " + rows.length + " positions");
            }
            notes = List.copyOf(notes);
        }

        /** Landmarks. */
        public int count() {
            return rows.length;
        }
    }

    /**
     * Rows that so many landmarks are chosen from, of a table of this shape; for plans.
     *
     * @param direct whether all rows are looked at while rows times landmarks are within bounds
     */
    static long candidates(boolean direct, int count, long rows, int width) {
        return direct && (double) count * rows <= Pool.LIMIT ? rows : Pool.size(count, rows, width);
    }

    /** Refuses a number of landmarks below 1. */
    static void requireCount(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("features.size must be at least 1, not " + count);
        }
    }

    /** Refuses more landmarks than rows. */
    static void requireRows(int count, long rows) {
        if (count > rows) {
            throw new DataException("features.size asks for " + count + " landmarks of a table of " + rows
                    + " rows; choose at most as many as there are rows");
        }
    }

    /** Streams of random numbers of this package's samplers, so that no two uses share one. */
    final class Streams {
        static final int UNIFORM = 30;
        static final int PICK = 31;
        static final int MERGE = 32;
        static final int ACCEPT = 33;
        static final int SEEDS = 34;
        static final int SEEDS_ACCEPT = 35;
        static final int LEVEL = 36;
        static final int LEVERAGE = 37;

        private Streams() {}
    }
}
