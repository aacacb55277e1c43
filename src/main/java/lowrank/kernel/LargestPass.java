package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;

/** The largest value of the first column, minus infinity of no rows: of logarithms of positive features, what they are to be shifted by. */
public record LargestPass() implements Pass<Double> {

    @Override
    public String label() {
        return "largest";
    }

    @Override
    public Fold<Double> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.first());
        return new Fold<>() {
            private double leaf = Double.NEGATIVE_INFINITY;

            @Override
            public void add(Block block) {
                int width = block.first().width();
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int rows = Math.min(reader.panelRows(), block.rows() - first);
                    double[] values = reader.read(block.first(), first, rows);
                    for (int i = 0; i < rows * width; i++) {
                        leaf = Math.max(leaf, values[i]);
                    }
                }
            }

            @Override
            public Double takeLeaf() {
                double largest = leaf;
                leaf = Double.NEGATIVE_INFINITY;
                return largest;
            }

            @Override
            public Double merge(Double left, Double right) {
                return Math.max(left, right);
            }
        };
    }
}
