package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.linalg.Triangle;

/** G = A^T A, summed as {@link GramSum} says. */
record GramPass(String label) implements Pass<Triangle> {

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, schema.first().width());
    }

    static double flops(long rows, int cols) {
        return GramSum.flops(rows, cols);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return nodeBytes(schema.first().width());
    }

    static long nodeBytes(int cols) {
        return GramSum.nodeBytes(cols);
    }

    @Override
    public Fold<Triangle> open(Arena arena, Schema schema, Layout layout) {
        GramSum sum = new GramSum(arena, schema.first().width(), schema.first().precision());
        return new Fold<>() {
            @Override
            public void add(Block block) {
                sum.add(block.first());
            }

            @Override
            public Triangle takeLeaf() {
                return sum.take();
            }

            @Override
            public Triangle merge(Triangle left, Triangle right) {
                return sum.merge(left, right);
            }
        };
    }
}
