package lowrank.regress;

import java.io.Serializable;
import lowrank.random.Philox;

/**
 * Which rows are held out together: row i is in fold floor(count * u_i), u_i uniform at (seed, i). A function of the row's position alone.
 *
 * @param count number of folds, at least 2
 */
record Folds(int count, long seed) implements Serializable {
    /** Philox stream of the folds. */
    static final int STREAM = 41;

    Folds {
        if (count < 2) {
            throw new IllegalArgumentException("solve.folds must be at least 2, not " + count);
        }
    }

    /** Numbers at addresses; one per task. */
    Philox numbers() {
        return new Philox(seed, STREAM);
    }

    /** The fold of a row. */
    int of(long row, Philox numbers) {
        return (int) (count * numbers.uniformAt(row, 0));
    }
}
