package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;

/**
 * sum of w |z|^2, the trace of Z'WZ: what rounding of sums of features is relative to. <b>Cost</b>: 2 D flops a row.
 */
public record FeatureSquares() implements Pass<Double> {
    @Override
    public String label() {
        return "";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 2.0 * rows * schema.first().width();
    }

    @Override
    public Fold<Double> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.first());
        Weights weights = new Weights(schema);
        int width = schema.first().width();
        return new Fold<>() {
            private double sum;

            @Override
            public void add(Block block) {
                double[] w = weights.read(block);
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int count = Math.min(reader.panelRows(), block.rows() - first);
                    double[] panel = reader.read(block.first(), first, count);
                    for (int i = 0; i < count; i++) {
                        double squares = 0;
                        for (int j = i * width; j < (i + 1) * width; j++) {
                            squares += panel[j] * panel[j];
                        }
                        sum += w[first + i] * squares;
                    }
                }
            }

            @Override
            public Double takeLeaf() {
                double leaf = sum;
                sum = 0;
                return leaf;
            }

            @Override
            public Double merge(Double left, Double right) {
                return left + right;
            }
        };
    }
}
