package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.Precision;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;

/**
 * Predictions of rows of one fold after another: Z w, or where V travels (Z V) (L + mu)^-1 b for a few lambdas at a time. One memory of
 * products serves all folds.
 */
final class HeldOutProducts {
    private final Blas blas = Backend.current();
    private final Arena arena;
    private final HeldOutShape shape;
    private final int blockRows;
    private final Precision precision;
    private final RowWriter writer;
    private final long[] rights;
    private final double[] inverses;
    private final double[] column;
    private long rotated;
    private long filtered;
    private long product;

    /** Receives predictions with the lambdas first, ..., first + count - 1, the targets of one side by side. */
    interface Visitor {
        void visit(Slab product, int first, int count);
    }

    HeldOutProducts(Arena arena, HeldOutShape shape, int folds, int blockRows, Precision precision) {
        this.arena = arena;
        this.shape = shape;
        this.blockRows = blockRows;
        this.precision = precision;
        writer = new RowWriter(precision);
        rights = new long[folds];
        inverses = new double[shape.features()];
        column = new double[shape.features()];
    }

    /** Predictions of a row that are made at once. */
    int width() {
        return shape.panel() * shape.targets();
    }

    /** Visits all lambdas, in order; what is visited is valid until the next. */
    void of(HeldOutPart part, Slab rows, Visitor visitor) {
        allocate(part);
        long right = rights[part.fold()];
        if (!shape.rotates()) {
            visitor.visit(times(rows, right, width(), product), 0, shape.lambdas());
            return;
        }
        Slab turned = times(rows, right, shape.features(), rotated);
        for (int first = 0; first < shape.lambdas(); first += shape.panel()) {
            int count = Math.min(shape.panel(), shape.lambdas() - first);
            filter(part.filter(), first, count);
            visitor.visit(times(turned, filtered, width(), product), first, count);
        }
    }

    private void allocate(HeldOutPart part) {
        // The driver only merges, and needs none of this.
        if (product == 0) {
            product = arena.allocate((long) blockRows * width(), precision);
            if (shape.rotates()) {
                rotated = arena.allocate((long) blockRows * shape.features(), precision);
                filtered = arena.allocate((long) shape.features() * width(), precision);
            }
        }
        if (rights[part.fold()] == 0) {
            rights[part.fold()] = RightProduct.store(part.right(), precision, arena);
        }
    }

    private void filter(HeldOutPart.Filter filter, int first, int count) {
        int d = shape.features();
        int t = shape.targets();
        for (int l = 0; l < count; l++) {
            filter.inverses(first + l, inverses);
            for (int k = 0; k < t; k++) {
                filter.column(k, inverses, column);
                writer.put(filtered + ((long) l * t + k) * d * precision.bytes(), column, 0, d);
            }
        }
    }

    /** The product of rows with a matrix of so many columns, row by row. */
    private Slab times(Slab rows, long right, int columns, long out) {
        int d = shape.features();
        int ld = Math.max(1, d);
        if (columns > 0) {
            // As column-major matrices rows are their transposes: (A X)^T = X^T A^T.
            blas.gemm(
                    precision, true, false, columns, rows.rows(), d, 1, right, ld, rows.address(), ld, 0, out, columns);
        }
        return new Slab(out, rows.rows(), columns, precision);
    }
}
