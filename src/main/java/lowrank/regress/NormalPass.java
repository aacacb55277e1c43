package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.Schema;
import lowrank.factor.GramSum;

/**
 * The normal equations of ridge regression, summed over rows of features, targets and perhaps weights. Targets are used less an origin,
 * which is subtracted in double before anything is rounded or squared: with one near their mean, large means cost no digits.
 *
 * <p><b>Cost</b>: n D (D + 1) + 2 n D (t + 1) flops; D (D + 1) / 2 + D (t + 1) doubles to the driver. A task holds, off the heap, D^2
 * values and a block of [y, 1], with weights also a block of features.
 *
 * @param origin what is subtracted from each target
 */
public record NormalPass(double[] origin) implements Pass<NormalSums> {

    /**
     * Sums over a table.
     *
     * @throws lowrank.blocks.DataException when a weight is negative or not finite, or none is above zero
     */
    public static NormalSums over(RowBlocks rows, double[] origin) {
        return rows.pass(new NormalPass(origin)).sound();
    }

    @Override
    public String label() {
        return "normal equations";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, schema.first().width(), schema.columns().get(1).width());
    }

    /** The same of shapes, for plans. */
    public static double flops(long rows, int features, int targets) {
        return GramSum.flops(rows, features) + 2.0 * rows * features * (targets + 1);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return nodeBytes(schema.first().width(), schema.columns().get(1).width());
    }

    /** The same of shapes, for plans. */
    public static long nodeBytes(int features, int targets) {
        return NormalSums.bytes(features, targets);
    }

    @Override
    public Fold<NormalSums> open(Arena arena, Schema schema, Layout layout) {
        return new NormalFold(arena, schema, origin, NormalFold.Copies.of(arena, schema, layout));
    }
}
