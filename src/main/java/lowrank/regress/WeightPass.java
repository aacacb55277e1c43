package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.DataException;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;

/**
 * The first row whose weight is negative or not finite, or -1: for what is weighted without {@link NormalSums}, which look themselves.
 *
 * @param column of the weights, or -1 where there are none
 */
public record WeightPass(int column) implements Pass<Long> {
    /** Refuses what this pass found. */
    public static void require(long badWeight) {
        if (badWeight >= 0) {
            throw new DataException("the weight of row " + badWeight
                    + " (counted from 0 in the order of the input) is negative or not a finite number; weights are"
                    + " numbers from 0 on: repair it, or filter the row out with read.where");
        }
    }

    @Override
    public String label() {
        return "";
    }

    @Override
    public Fold<Long> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = column < 0 ? null : new RowReader(schema.columns().get(column));
        return new Fold<>() {
            private long bad = -1;

            @Override
            public void add(Block block) {
                for (int i = 0; reader != null && bad < 0 && i < block.rows(); i++) {
                    double w = reader.read(block.columns().get(column), i, 1)[0];
                    bad = w >= 0 && w < Double.POSITIVE_INFINITY ? -1 : block.firstRow() + i;
                }
            }

            @Override
            public Long takeLeaf() {
                long leaf = bad;
                bad = -1;
                return leaf;
            }

            @Override
            public Long merge(Long left, Long right) {
                return left < 0 ? right : right < 0 ? left : (Long) Math.min(left, right);
            }
        };
    }
}
