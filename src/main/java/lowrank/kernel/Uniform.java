package lowrank.kernel;

import java.util.ArrayList;
import java.util.List;
import lowrank.blocks.RowBlocks;

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
        Drawn drawn = draw(rows, count, seed, true);
        List<String> notes = new ArrayList<>();
        if (drawn.sample().count() < count) {
            notes.add("the table has " + drawn.sample().count() + " different rows, fewer than the " + count
                    + " landmarks asked for: all are landmarks");
        }
        return new Chosen(drawn.sample().matrix(), drawn.sample().rows(), drawn.passes(), notes, new double[0]);
    }

    /** A sample and the passes that it took. */
    record Drawn(Sample sample, int passes) {}

    /** So many rows at random; where they must differ, or by a chance of 1e-20, the bound on keys may have held back too many. */
    static Drawn draw(RowBlocks rows, int count, long seed, boolean distinct) {
        double bound = SamplePass.bound(count, rows.rows());
        Sample sample = rows.pass(new SamplePass(seed, count, bound, distinct));
        if (sample.count() == count || bound == 1) {
            return new Drawn(sample, 1);
        }
        return new Drawn(rows.pass(new SamplePass(seed, count, 1, distinct)), 2);
    }
}
