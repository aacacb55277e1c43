package lowrank.factor;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * A test matrix whose singular value decomposition is known: A = U diag(s) V^T with cosine factors of type IV,
 * U(i, j) = sqrt(2/m) cos(pi/m (i + 1/2)(j + 1/2)), V likewise of order n. Rows are made where they are read and stored
 * nowhere.
 *
 * <p><b>Cost</b>: V diag(s) is kept once per open stream, 8 cols rank bytes; a row takes 2 cols rank flops, which for a
 * full rank is as much as a pass of the algorithm under test. <b>Accuracy</b>: an entry is off by at most a few units of
 * roundoff times s_1, floats are rounded doubles. Values are the same bits from whatever leaf on they are read, and on every
 * machine with the same BLAS kernels.
 *
 * @param rows rows m, at least as many as there are values
 * @param cols columns n, at least as many as there are values
 * @param s the singular values, descending, not copied
 * @param precision the type of the values in the blocks
 * @param layout where the rows are cut
 */
public record KnownMatrix(long rows, int cols, double[] s, Precision precision, Layout layout) implements BlockSource {
    /** The name of the only column. */
    public static final String COLUMN = "features";

    public KnownMatrix {
        if (s.length < 1 || s.length > Math.min(rows, cols)) {
            throw new IllegalArgumentException("a known matrix of " + rows + " x " + cols
                    + " takes between 1 and min(rows, cols) singular values, not " + s.length);
        }
        if (layout.rows() != rows) {
            throw new IllegalArgumentException(
                    "layout is of " + layout.rows() + " rows, the known matrix has " + rows + " rows");
        }
    }

    /** A matrix with given singular values, in the layout of its own shape. */
    public static KnownMatrix of(long rows, int cols, double[] s, Precision precision) {
        return new KnownMatrix(rows, cols, s, precision, Layout.of(rows, 8L * cols, 0));
    }

    /**
     * A matrix with a named spectrum.
     *
     * @param spectrum one of {@link KnownSpectrum#names}
     * @param rank how many singular values
     * @param scale multiplies all of them
     */
    public static KnownMatrix of(String spectrum, long rows, int cols, int rank, double scale, Precision precision) {
        double[] s = KnownSpectrum.values(spectrum, rank);
        for (int j = 0; j < rank; j++) {
            s[j] *= scale;
        }
        return of(rows, cols, s, precision);
    }

    /** The same matrix, cut elsewhere. */
    public KnownMatrix with(Layout other) {
        return new KnownMatrix(rows, cols, s, precision, other);
    }

    /** Number of singular values. */
    public int rank() {
        return s.length;
    }

    /** The right singular vectors, cols x rank. */
    public Matrix v() {
        return factorRows(new CosineFactor(cols, rank()), 0, cols);
    }

    /** Rows of the left singular vectors, count x rank, from a global row on. */
    public Matrix u(long firstRow, int count) {
        return factorRows(new CosineFactor(rows, rank()), firstRow, count);
    }

    private Matrix factorRows(CosineFactor factor, long firstRow, int count) {
        Matrix transposed = Matrix.zeros(rank(), count);
        for (int i = 0; i < count; i++) {
            factor.row(firstRow + i, transposed.values(), i * rank());
        }
        return transposed.transpose();
    }

    @Override
    public Schema schema() {
        return Schema.of(new Column(COLUMN, cols, precision));
    }

    @Override
    public String place(long row) {
        return "row " + row + " of a known " + rows + " x " + cols + " matrix";
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        if (ids) {
            throw new IllegalArgumentException("a known matrix has no ids");
        }
        return new Stream(this, range, arena);
    }

    private static final class Stream implements BlockStream {
        private final KnownMatrix matrix;
        private final Arena arena;
        private final CosineFactor left;
        private final Blas blas = Backend.current();

        /** V diag(s), column by column. */
        private final long scaledV;

        /** Rows of U, row by row: the columns of U^T. */
        private final long leftRows;

        private final long product;

        /** The product rounded to floats, or 0. */
        private final long rounded;

        private final double[] row;
        private long next;
        private final long end;

        Stream(KnownMatrix matrix, LeafRange range, Arena arena) {
            this.matrix = matrix;
            this.arena = arena;
            Layout layout = matrix.layout;
            int rank = matrix.rank();
            left = new CosineFactor(matrix.rows, rank);
            row = new double[rank];
            next = range.from() * layout.leafRows();
            end = Math.min(range.to() * layout.leafRows(), matrix.rows);
            long blockRows = Math.max(0, Math.min(layout.blockRows(), end - next));
            scaledV = arena.doubles((long) matrix.cols * rank);
            leftRows = arena.doubles(blockRows * rank);
            product = arena.doubles(blockRows * matrix.cols);
            rounded =
                    matrix.precision == Precision.FLOAT ? arena.allocate(blockRows * matrix.cols, Precision.FLOAT) : 0;
            CosineFactor right = new CosineFactor(matrix.cols, rank);
            for (int i = 0; i < matrix.cols; i++) {
                right.row(i, row, 0);
                for (int j = 0; j < rank; j++) {
                    OffHeap.putDouble(scaledV + 8 * (i + (long) j * matrix.cols), row[j] * matrix.s[j]);
                }
            }
        }

        @Override
        public Block next() {
            if (next >= end) {
                return null;
            }
            int rank = matrix.rank();
            int cols = matrix.cols;
            int count = (int) Math.min(matrix.layout.blockRows(), end - next);
            for (int i = 0; i < count; i++) {
                left.row(next + i, row, 0);
                OffHeap.put(leftRows + 8L * i * rank, row, 0, rank);
            }
            // The block row by row is its transpose column by column: A^T = (V diag(s)) U^T.
            blas.gemm(
                    Precision.DOUBLE,
                    false,
                    false,
                    cols,
                    count,
                    rank,
                    1,
                    scaledV,
                    cols,
                    leftRows,
                    rank,
                    0,
                    product,
                    cols);
            if (rounded != 0) {
                roundToFloat((long) count * cols);
            }
            Slab slab = new Slab(rounded != 0 ? rounded : product, count, cols, matrix.precision);
            Block block = new Block(next, count, List.of(slab), null, null);
            next += count;
            return block;
        }

        private void roundToFloat(long count) {
            double[] doubles = new double[OffHeap.TILE];
            float[] floats = new float[OffHeap.TILE];
            for (long from = 0; from < count; from += OffHeap.TILE) {
                int tile = (int) Math.min(OffHeap.TILE, count - from);
                OffHeap.get(product + 8 * from, doubles, 0, tile);
                for (int i = 0; i < tile; i++) {
                    floats[i] = (float) doubles[i];
                }
                OffHeap.put(rounded + 4 * from, floats, 0, tile);
            }
        }

        @Override
        public void close() {
            arena.free(scaledV);
            arena.free(leftRows);
            arena.free(product);
            if (rounded != 0) {
                arena.free(rounded);
            }
        }
    }
}
