package lowrank.regress;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Column;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.linalg.Matrix;

/** One column of a table as a matrix. */
record Collect(int column) implements Pass<double[]> {

    static Matrix of(RowBlocks rows, String name) {
        List<String> names = rows.schema().columns().stream().map(Column::name).toList();
        int column = names.indexOf(name);
        int width = rows.schema().columns().get(column).width();
        double[] values = rows.pass(new Collect(column));
        return new Matrix(width, values.length / width, values).transpose();
    }

    @Override
    public String label() {
        return "collect";
    }

    @Override
    public Fold<double[]> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.columns().get(column));
        int width = schema.columns().get(column).width();
        return new Fold<>() {
            private double[] leaf = new double[0];

            @Override
            public void add(Block block) {
                double[] rows = new double[block.rows() * width];
                for (int i = 0; i < block.rows(); i++) {
                    System.arraycopy(reader.read(block.columns().get(column), i, 1), 0, rows, i * width, width);
                }
                leaf = merge(leaf, rows);
            }

            @Override
            public double[] takeLeaf() {
                double[] taken = leaf;
                leaf = new double[0];
                return taken;
            }

            @Override
            public double[] merge(double[] left, double[] right) {
                double[] both = java.util.Arrays.copyOf(left, left.length + right.length);
                System.arraycopy(right, 0, both, left.length, right.length);
                return both;
            }
        };
    }
}
