package lowrank.attention;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;

/**
 * {@link FeatureSums} over all keys that are shown.
 *
 * @param fixed shifts, or null where they are found in the data
 */
record FeaturePass(KeyFeatures features, double[] fixed) implements Pass<FeatureSums> {

    @Override
    public String label() {
        return "sums over " + features.draws().total() + " features";
    }

    @Override
    public boolean reads(int column) {
        return column != Heads.QUERY;
    }

    @Override
    public double flops(long rows, Schema schema) {
        double d = Heads.width(schema);
        return 2
                * rows
                * (features.draws().total() * (d + Heads.valueWidth(schema)) + (features.map() == null ? 0 : d * d));
    }

    @Override
    public long nodeBytes(Schema schema) {
        return FeatureSums.bytes(features.draws().total(), Heads.valueWidth(schema));
    }

    @Override
    public Fold<FeatureSums> open(Arena arena, Schema schema, Layout layout) {
        KeySums sums = new KeySums(arena, schema, features, fixed);
        Shown shown = new Shown(schema);
        return new Fold<>() {
            @Override
            public void add(Block block) {
                shown.read(Heads.mask(block), block.rows());
                sums.add(block, shown);
            }

            @Override
            public FeatureSums takeLeaf() {
                return sums.take();
            }

            @Override
            public FeatureSums merge(FeatureSums left, FeatureSums right) {
                return left.and(right);
            }
        };
    }
}
