package lowrank.attention;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RightProduct;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * Exact attention of a few queries over all rows: of sampled queries, or of landmarks.
 *
 * @param queries a column each, d x count
 * @param last of each query the position of the last key that it sees, or null where all see all
 * @param scale of the products
 * @param compared so many of the first queries, at most {@link ScoreTile#QUERIES}, have inner products of their rows of P summed
 */
record SoftmaxPass(Matrix queries, long[] last, double scale, int compared) implements Pass<SoftmaxSums> {

    @Override
    public String label() {
        return "exact attention of " + queries.cols() + " queries";
    }

    @Override
    public boolean reads(int column) {
        return column != Heads.QUERY;
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 2.0 * rows * queries.cols() * (Heads.width(schema) + Heads.valueWidth(schema))
                + (double) rows * compared * compared;
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * queries.cols() * (Heads.valueWidth(schema) + 2) + 8L * compared * compared;
    }

    @Override
    public Fold<SoftmaxSums> open(Arena arena, Schema schema, Layout layout) {
        return new Fold<>() {
            private StreamingSoftmax softmax;
            private Slab rows;
            private boolean started;

            @Override
            public void add(Block block) {
                if (softmax == null) {
                    softmax = new StreamingSoftmax(arena, queries.cols(), scale, schema, compared);
                    var precision = schema.columns().get(Heads.KEY).precision();
                    rows = new Slab(
                            RightProduct.store(queries, precision, arena), queries.cols(), queries.rows(), precision);
                }
                if (!started) {
                    softmax.start(rows, last);
                    started = true;
                }
                softmax.add(block);
            }

            @Override
            public SoftmaxSums takeLeaf() {
                started = false;
                return softmax.sums();
            }

            @Override
            public SoftmaxSums merge(SoftmaxSums left, SoftmaxSums right) {
                return left.and(right);
            }
        };
    }
}
