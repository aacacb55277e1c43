package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.linalg.Matrix;

/** All rows of the first column as a matrix. */
record AllRows() implements Pass<double[]> {

    static Matrix of(RowBlocks rows) {
        double[] all = rows.pass(new AllRows());
        int width = rows.schema().first().width();
        return new Matrix(width, all.length / width, all).transpose();
    }

    @Override
    public String label() {
        return "all rows";
    }

    @Override
    public Fold<double[]> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.first());
        return new Fold<>() {
            private double[] leaf = new double[0];

            @Override
            public void add(Block block) {
                int width = block.first().width();
                int before = leaf.length;
                leaf = Arrays.copyOf(leaf, before + block.rows() * width);
                for (int i = 0; i < block.rows(); i++) {
                    System.arraycopy(reader.read(block.first(), i, 1), 0, leaf, before + i * width, width);
                }
            }

            @Override
            public double[] takeLeaf() {
                double[] taken = leaf;
                leaf = new double[0];
                return taken;
            }

            @Override
            public double[] merge(double[] left, double[] right) {
                double[] both = Arrays.copyOf(left, left.length + right.length);
                System.arraycopy(right, 0, both, left.length, right.length);
                return both;
            }
        };
    }
}
