package lowrank.blocks;

import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;

/** The rows of a matrix on the heap as a table with one column. */
public record MatrixRows(Matrix matrix, String column, Precision precision, Layout layout) implements BlockSource {

    /** Rows in double precision, cut as any table of that shape. */
    public static MatrixRows of(Matrix matrix) {
        return new MatrixRows(matrix, "features", Precision.DOUBLE, Layout.of(matrix.rows(), 8L * matrix.cols(), 0));
    }

    @Override
    public Schema schema() {
        return Schema.of(new Column(column, matrix.cols(), precision));
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        long end = Math.min(range.to() * layout.leafRows(), layout.rows());
        long buffer = arena.allocate((long) layout.blockRows() * matrix.cols(), precision);
        return new BlockStream() {
            private long next = range.from() * layout.leafRows();

            @Override
            public Block next() {
                if (next >= end) {
                    return null;
                }
                int rows = (int) Math.min(layout.blockRows(), end - next);
                Slab slab = new Slab(buffer, rows, matrix.cols(), precision);
                for (int i = 0; i < rows; i++) {
                    for (int j = 0; j < matrix.cols(); j++) {
                        double value = matrix.get((int) next + i, j);
                        if (precision == Precision.DOUBLE) {
                            OffHeap.putDouble(slab.row(i) + 8L * j, value);
                        } else {
                            OffHeap.putFloat(slab.row(i) + 4L * j, (float) value);
                        }
                    }
                }
                Block block = new Block(next, rows, java.util.List.of(slab), null, null);
                next += rows;
                return block;
            }

            @Override
            public void close() {
                arena.free(buffer);
            }
        };
    }

    @Override
    public String place(long row) {
        return "row " + row;
    }
}
