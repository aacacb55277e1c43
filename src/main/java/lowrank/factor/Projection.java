package lowrank.factor;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * New rows in the coordinates of an SVD: z = V^T ((x - mean) / scale), and beside it the norm of what V does not explain,
 * ||(x - mean) / scale - V z||. The difference is formed entry by entry, so small residuals do not cancel.
 *
 * @param v right singular vectors, cols x rank
 * @param mean what is subtracted from each column
 * @param scale what each column is divided by
 */
public record Projection(Matrix v, double[] mean, double[] scale) implements BlockMap {

    private Packing packing() {
        double[] factor = new double[scale.length];
        for (int j = 0; j < factor.length; j++) {
            factor[j] = 1 / scale[j];
        }
        return new Packing(mean, factor);
    }

    @Override
    public Schema schema(Schema input) {
        Precision precision = input.first().precision();
        return new Schema(
                List.of(new Column("values", v.cols(), precision), new Column("residual", 1, precision)), input.ids());
    }

    @Override
    public double flops(long rows, Schema input) {
        return 4.0 * rows * v.rows() * v.cols();
    }

    /**
     * Bytes off the heap of a task: V twice, the coordinates, what is left of each row, and its norm; for plans.
     *
     * @param packed whether rows are centred or scaled first, which takes a copy
     */
    public static long workBytes(Layout layout, int cols, int rank, Precision precision, boolean packed) {
        long rows = layout.blockRows();
        return precision.bytes()
                * (2L * cols * rank
                        + RightProduct.entries(layout.blockRows(), rank)
                        + (packed ? 2 : 1) * rows * cols
                        + rows);
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        return new Projector(arena, input.first(), layout);
    }

    private final class Projector implements Mapper {
        private final Blas blas = Backend.current();
        private final Packing.Packer packer;
        private final RightProduct product;
        private final RowReader reader;
        private final Precision precision;
        private final int n = v.rows();
        private final int k = v.cols();
        private final long vectors;
        private final long left;
        private final long residuals;

        Projector(Arena arena, Column input, Layout layout) {
            precision = input.precision();
            packer = packing().open(arena, input, layout);
            product = new RightProduct(arena, v, precision, layout);
            reader = new RowReader(input);
            vectors = RightProduct.store(v, precision, arena);
            left = arena.allocate((long) layout.blockRows() * n, precision);
            residuals = arena.allocate(layout.blockRows(), precision);
        }

        @Override
        public Block map(Block block) {
            int rows = block.rows();
            Slab packed = packer.pack(block);
            Slab coordinates = product.of(packed);
            OffHeap.copy(packed.address(), left, packed.bytes());
            if (k > 0) {
                // As column-major matrices: P^T - V Z^T, n x rows.
                blas.gemm(precision, false, false, n, rows, k, -1, vectors, n, coordinates.address(), k, 1, left, n);
            }
            Slab rest = new Slab(left, rows, n, precision);
            for (int first = 0; first < rows; first += reader.panelRows()) {
                int count = Math.min(reader.panelRows(), rows - first);
                double[] values = reader.read(rest, first, count);
                for (int i = 0; i < count; i++) {
                    put(first + i, norm(values, i * n));
                }
            }
            return new Block(
                    block.firstRow(),
                    rows,
                    List.of(coordinates, new Slab(residuals, rows, 1, precision)),
                    block.ids(),
                    block.offenders());
        }

        private void put(int row, double norm) {
            if (precision == Precision.DOUBLE) {
                OffHeap.putDouble(residuals + 8L * row, norm);
            } else {
                OffHeap.putFloat(residuals + 4L * row, (float) norm);
            }
        }

        /** The norm of a row, safe from overflow and underflow of its squares. */
        private double norm(double[] values, int from) {
            double largest = 0;
            for (int j = from; j < from + n; j++) {
                largest = Math.max(largest, Math.abs(values[j]));
            }
            if (largest == 0) {
                return 0;
            }
            double sum = 0;
            for (int j = from; j < from + n; j++) {
                double part = values[j] / largest;
                sum += part * part;
            }
            return largest * Math.sqrt(sum);
        }
    }
}
