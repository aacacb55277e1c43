package lowrank.factor;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.linalg.Matrix;

/**
 * All rows, as doubles: for matrices that fit where they are sent. All nodes together are as large as the matrix, at most {@link
 * Lapack#ENTRIES} values, however many there are: they count as small ({@link Pass#nodeBytes}).
 */
record GatherPass() implements Pass<GatherPass.Rows> {

    /** Consecutive rows, one after the other. */
    record Rows(double[] values) implements Serializable {
        /** The rows as columns. */
        Matrix transposed(int cols) {
            return new Matrix(cols, values.length / cols, values);
        }
    }

    @Override
    public String label() {
        return "gather";
    }

    @Override
    public Fold<Rows> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.first());
        int n = schema.first().width();
        return new Fold<>() {
            private double[] leaf = new double[0];
            private int filled;

            @Override
            public void add(Block block) {
                int needed = filled + block.rows() * n;
                if (leaf.length < needed) {
                    leaf = Arrays.copyOf(leaf, Math.max(needed, (int) Math.min(2L * leaf.length, Lapack.ENTRIES)));
                }
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int rows = Math.min(reader.panelRows(), block.rows() - first);
                    System.arraycopy(reader.read(block.first(), first, rows), 0, leaf, filled, rows * n);
                    filled += rows * n;
                }
            }

            @Override
            public Rows takeLeaf() {
                Rows rows = new Rows(Arrays.copyOf(leaf, filled));
                filled = 0;
                return rows;
            }

            @Override
            public Rows merge(Rows left, Rows right) {
                double[] both = Arrays.copyOf(left.values, left.values.length + right.values.length);
                System.arraycopy(right.values, 0, both, left.values.length, right.values.length);
                return new Rows(both);
            }
        };
    }
}
