package lowrank.blocks;

import lowrank.blas.Arena;

/**
 * Whether all values of one column of a table are finite. What is in the input has been inspected; what is computed of it may overflow.
 *
 * @param label what the read that this rides on does
 * @param column which column
 */
public record FinitePass(String label, int column) implements Pass<Boolean> {
    @Override
    public Fold<Boolean> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.columns().get(column));
        return new Fold<>() {
            private boolean finite = true;

            @Override
            public void add(Block block) {
                Slab slab = block.columns().get(column);
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int rows = Math.min(reader.panelRows(), block.rows() - first);
                    double[] values = reader.read(slab, first, rows);
                    for (int i = 0; i < rows * slab.width(); i++) {
                        finite &= Double.isFinite(values[i]);
                    }
                }
            }

            @Override
            public Boolean takeLeaf() {
                boolean leaf = finite;
                finite = true;
                return leaf;
            }

            @Override
            public Boolean merge(Boolean left, Boolean right) {
                return left && right;
            }
        };
    }
}
