package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * The sums of squares of each entry of a vector column.
 *
 * @param label empty where it runs beside another pass
 */
record SquaresPass(String label, int column) implements Pass<double[]> {

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, schema.columns().get(column).width());
    }

    static double flops(long rows, int width) {
        return 2.0 * rows * width;
    }

    @Override
    public Fold<double[]> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.columns().get(column));
        int width = schema.columns().get(column).width();
        return new Fold<>() {
            private double[] squares = new double[width];

            @Override
            public void add(Block block) {
                Slab slab = block.columns().get(column);
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int rows = Math.min(reader.panelRows(), block.rows() - first);
                    double[] values = reader.read(slab, first, rows);
                    for (int i = 0; i < rows; i++) {
                        for (int j = 0; j < width; j++) {
                            double value = values[i * width + j];
                            squares[j] += value * value;
                        }
                    }
                }
            }

            @Override
            public double[] takeLeaf() {
                double[] leaf = squares;
                squares = new double[width];
                return leaf;
            }

            @Override
            public double[] merge(double[] left, double[] right) {
                double[] sum = left.clone();
                for (int j = 0; j < width; j++) {
                    sum[j] += right[j];
                }
                return sum;
            }
        };
    }
}
