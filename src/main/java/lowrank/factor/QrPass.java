package lowrank.factor;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Columns;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Triangle;

/**
 * R of A = Q R without Q: Householder QR of units of rows, folded inside a leaf and up the tree. Deterministic, backward
 * stable, never squares the problem (Demmel, Grigori, Hoemmen and Langou, 2012, "Communication-optimal parallel and
 * sequential QR and LU factorizations"). Always in double.
 *
 * @param packing how rows are read
 * @param ones whether a column of ones goes in front, by which the triangle of the others becomes that of the centred matrix
 */
record QrPass(Packing packing, boolean ones) implements Pass<QrPass.R> {
    QrPass {
        if (packing.rest() != null) {
            throw new IllegalArgumentException("the QR pass subtracts the first row, not a mean");
        }
    }

    /** The triangle, and the largest magnitude of any packed value: what tells over- and underflow. */
    record R(Triangle triangle, double maxAbs) implements Serializable {}

    @Override
    public String label() {
        return "QR";
    }

    /** Side of the square tiles in which rows become columns: a cache line of doubles. */
    private static final int TILE_SIDE = 8;

    /** Order of the triangle. */
    int order() {
        return packing.width() + (ones ? 1 : 0);
    }

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, order());
    }

    static double flops(long rows, int order) {
        return 2.0 * rows * order * order;
    }

    @Override
    public long nodeBytes(Schema schema) {
        return nodeBytes(order());
    }

    static long nodeBytes(int order) {
        return 8L * Triangle.entries(order);
    }

    /**
     * Rows of a unit: enough that folding triangles (2/3 n^3) stays a small part of factoring units (2 m n^2), but no more
     * than a leaf.
     */
    static int unitRows(Layout layout, int order) {
        int rows = layout.blockRows();
        while (rows < 8L * order && rows < layout.leafRows()) {
            rows *= 2;
        }
        return Math.min(rows, layout.leafRows());
    }

    /** Bytes of working memory of one task. */
    static long workBytes(Layout layout, int order) {
        long n = order;
        return 8 * (OffHeap.columnDistance((int) Math.max(unitRows(layout, order), n)) * n + 3 * n * n + 128 * n);
    }

    @Override
    public QrFold open(Arena arena, Schema schema, Layout layout) {
        return new QrFold(arena, schema, layout);
    }

    /** The working half. */
    final class QrFold implements Fold<R> {
        private final Blas blas = Backend.current();
        private final Arena arena;
        private final int n = order();
        private final int unitRows;
        private final int ld;
        private final RowReader reader;
        private final float[] floats;
        private long unit;
        private long leaf;
        private long other;
        private int filled;
        private boolean empty = true;
        private double maxAbs;

        QrFold(Arena arena, Schema schema, Layout layout) {
            this.arena = arena;
            unitRows = unitRows(layout, n);
            ld = OffHeap.columnDistance(Math.max(unitRows, n));
            reader = new RowReader(schema.first());
            floats = new float[schema.first().precision() == Precision.FLOAT ? OffHeap.TILE : 0];
        }

        private void allocate() {
            if (unit == 0) {
                unit = arena.doubles((long) ld * n);
                leaf = leaf == 0 ? arena.doubles((long) n * n) : leaf;
            }
        }

        @Override
        public void add(Block block) {
            allocate();
            Slab slab = block.first();
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int rows = Math.min(reader.panelRows(), block.rows() - first);
                transpose(reader.read(slab, first, rows), slab.width(), rows);
                filled += rows;
            }
            if (filled == unitRows) {
                reduce();
            }
        }

        /** Adds rows that are packed already, column by column; {@link R#maxAbs} does not look at them. */
        void append(Columns block) {
            allocate();
            for (int j = 0; j < n; j++) {
                copy(block, j, unit + 8L * ((long) ld * j + filled));
            }
            filled += block.rows();
            if (filled == unitRows) {
                reduce();
            }
        }

        private void copy(Columns block, int j, long target) {
            if (block.precision() == Precision.DOUBLE) {
                OffHeap.copy(block.column(j), target, 8L * block.rows());
                return;
            }
            for (int first = 0; first < block.rows(); first += OffHeap.TILE) {
                int count = Math.min(OffHeap.TILE, block.rows() - first);
                OffHeap.get(block.column(j) + 4L * first, floats, 0, count);
                for (int i = 0; i < count; i++) {
                    OffHeap.putDouble(target + 8L * (first + i), floats[i]);
                }
            }
        }

        /**
         * Appends packed rows to the unit, which is column by column as LAPACK wants it. Square tiles: whole cache lines are
         * read and written, few enough at a time that a width of a power of two does not push them out of the cache.
         */
        private void transpose(double[] values, int width, int rows) {
            int shift = ones ? 1 : 0;
            if (ones) {
                for (int i = 0; i < rows; i++) {
                    OffHeap.putDouble(unit + 8L * (filled + i), 1);
                }
            }
            int cols = packing.width();
            for (int top = 0; top < rows; top += TILE_SIDE) {
                int bottom = Math.min(top + TILE_SIDE, rows);
                for (int left = 0; left < cols; left += TILE_SIDE) {
                    int right = Math.min(left + TILE_SIDE, cols);
                    for (int j = left; j < right; j++) {
                        transposeColumn(values, width, top, bottom, j, unit + 8L * ((long) ld * (j + shift) + filled));
                    }
                }
            }
        }

        private void transposeColumn(double[] values, int width, int top, int bottom, int j, long column) {
            int from = packing.columns() == null ? j : packing.columns()[j];
            double subtract = packing.shift()[j];
            double multiply = packing.factor()[j];
            double largest = maxAbs;
            for (int i = top; i < bottom; i++) {
                double value = (values[i * width + from] - subtract) * multiply;
                OffHeap.putDouble(column + 8L * i, value);
                if (Math.abs(value) > largest) {
                    largest = Math.abs(value);
                }
            }
            maxAbs = largest;
        }

        /** Factors the unit and folds its triangle under that of the leaf so far. */
        private void reduce() {
            int rows = Math.max(filled, n);
            if (filled < n) {
                for (int j = 0; j < n; j++) {
                    OffHeap.zero(unit + 8L * ((long) ld * j + filled), 8L * (n - filled));
                }
            }
            blas.qrTriangle(Precision.DOUBLE, rows, n, unit, ld, arena);
            if (empty) {
                Triangle.load(unit, n, ld).store(leaf, n);
            } else {
                blas.foldTriangles(n, leaf, n, unit, ld, arena);
            }
            empty = false;
            filled = 0;
        }

        @Override
        public R takeLeaf() {
            if (filled > 0) {
                reduce();
            }
            R node = new R(Triangle.load(leaf, n, n), maxAbs);
            empty = true;
            maxAbs = 0;
            return node;
        }

        @Override
        public R merge(R left, R right) {
            leaf = leaf == 0 ? arena.doubles((long) n * n) : leaf;
            other = other == 0 ? arena.doubles((long) n * n) : other;
            left.triangle().store(leaf, n);
            right.triangle().store(other, n);
            blas.foldTriangles(n, leaf, n, other, n, arena);
            return new R(Triangle.load(leaf, n, n), Math.max(left.maxAbs(), right.maxAbs()));
        }
    }
}
