package lowrank.kernel;

import java.util.ArrayList;
import java.util.List;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;

/**
 * Rows at random, without replacement, the same row never twice even where the table repeats it. <b>Cost</b>: one pass, no kernel
 * values.
 */
public record Uniform(int count, long seed) implements Landmarks {
    public Uniform {
        Landmarks.requireCount(count);
    }

    @Override
    public String name() {
        return "uniform";
    }

    @Override
    public Chosen choose(RowBlocks rows, Kernel kernel) {
        Landmarks.requireRows(count, rows.rows());
        Sample drawn = draw(rows, count, seed, true);
        List<String> notes = new ArrayList<>();
        if (drawn.count() < count) {
            notes.add("the table has " + drawn.count() + " different rows, fewer than the " + count
                    + " landmarks asked for: all are landmarks");
        }
        return new Chosen(drawn.matrix(), drawn.rows(), notes, new double[0]);
    }

    /** So many rows at random, a row each, without replacement, in random order; fewer where there are no more. One pass. */
    public static Matrix sample(RowBlocks rows, int count, long seed) {
        return draw(rows, (int) Math.min(count, rows.rows()), seed, false).matrix();
    }

    /** So many rows at random; where they must differ, or by a chance of 1e-20, the bound on keys may have held back too many: then one pass more. */
    static Sample draw(RowBlocks rows, int count, long seed, boolean distinct) {
        double bound = SamplePass.bound(count, rows.rows());
        Sample sample = rows.pass(new SamplePass(seed, count, bound, distinct));
        if (sample.count() == count || bound == 1) {
            return sample;
        }
        return rows.pass(new SamplePass(seed, count, 1, distinct));
    }
}
