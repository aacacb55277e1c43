package lowrank.factor;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.linalg.Dense;
import lowrank.linalg.LargeSvd;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/**
 * The whole spectrum of a tall matrix A, and A ~ T B^T in two thin factors of equal norms, T = U_k diag(s_k)^(1/2) and B = V_k diag(s_k)^(1/2).
 *
 * <p>One pass sums R of A = Q R ({@link QrPass}); s and V are those of R. A second one writes T row by row, as A C with
 * C = V_k diag(s_k)^(-1/2), and measures ||A - T B^T||_F with both factors as they are stored. Since T B^T = A V_k V_k^T whatever the
 * spectrum, nothing is lost where s_1 / s_k is large: U, which would be, is never formed alone.
 *
 * <p><b>Cost</b>: 2 m n^2 and 4 m n k flops, n (n + 1) / 2 doubles per task to the driver, and an SVD of order n there (26 n^3).
 *
 * @param rows A, doubles, at least as many rows as columns
 * @param packing A -> A in units in which no square overflows
 * @param unit of these: a power of two
 * @param s all n singular values, descending
 * @param v all n right singular vectors; the entry of largest magnitude in each is positive
 */
public record TallSvd(RowBlocks rows, Packing packing, double unit, double[] s, Matrix v) {
    /** As passes are called. */
    private static final String WRITING = "tall factor";

    /**
     * Factors a matrix.
     *
     * @param what the matrix in an error
     * @throws lowrank.blocks.DataException when it holds infinities or NaN
     * @throws NumericalException when LAPACK fails, or the norm overflows
     */
    public static TallSvd of(RowBlocks rows, String what) {
        Tsqr.Reduced reduced = reduced(rows);
        int n = rows.cols();
        try (Arena arena = new Arena()) {
            // R by columns is R^T by rows, whose left singular vectors are the right ones of R.
            LargeSvd svd = LargeSvd.of(reduced.r().store(arena), n, n, what, arena);
            Matrix v = Matrix.load(svd.u(), n, n, n);
            return new TallSvd(
                    rows,
                    reduced.packing(),
                    reduced.unit(),
                    finite(Magnitude.divided(svd.s(), reduced.unit()), what),
                    v.scaleColumns(Signs.of(v)));
        }
    }

    /** All singular values alone, from one pass. */
    public static double[] values(RowBlocks rows, String what) {
        Tsqr.Reduced reduced = reduced(rows);
        return finite(Magnitude.divided(Dense.singularValues(reduced.r()), reduced.unit()), what);
    }

    private static Tsqr.Reduced reduced(RowBlocks rows) {
        if (rows.rows() < rows.cols()) {
            throw new IllegalArgumentException(rows.rows() + " x " + rows.cols() + " is not tall");
        }
        return new Tsqr(new RankRule.Full(), false, false, false).reduce(rows);
    }

    /**
     * The singular values, if their norm is a double: nothing relative is known of others.
     *
     * @throws NumericalException naming the matrix
     */
    public static double[] finite(double[] s, String what) {
        if (!Double.isFinite(RankRule.tail(s, 0))) {
            throw new NumericalException(
                    "the norm of " + what + " is beyond the largest double (1.8e308); divide it by a power of two");
        }
        return s;
    }

    /**
     * Two thin factors as they are stored.
     *
     * @param parts of T, in the order of its rows
     * @param right B, n x k
     * @param error ||A - T B^T||_F, measured over all rows
     */
    public record Halves(List<RowSink.Written> parts, Matrix right, double error) {}

    /**
     * Writes T, and measures what it misses. Components below the rounding of the triangle become zeros in both factors.
     *
     * @param k components, at most n
     */
    public Halves write(int k, RowSink sink, Precision stored) {
        int n = v.rows();
        Matrix left = Matrix.zeros(n, k);
        Matrix right = Matrix.zeros(n, k);
        Matrix image = Matrix.zeros(n, k);
        for (int j = 0; j < k && s[j] > Math.ulp(1.0) * s[0]; j++) {
            double root = Math.sqrt(s[j]);
            for (int i = 0; i < n; i++) {
                double value = v.get(i, j) * root;
                double rounded = stored == Precision.FLOAT ? (float) value : value;
                left.set(i, j, v.get(i, j) / root / unit);
                right.set(i, j, rounded);
                image.set(i, j, rounded * unit);
            }
        }
        RowBlocks.Output<double[]> output = rows.map(new Pack(packing))
                .map(new Halved(left, image, stored))
                .write(new FirstColumn(sink), new SquaresPass(WRITING, 1));
        double squares = 0;
        for (double column : output.sum()) {
            squares += column;
        }
        return new Halves(output.parts(), right, Math.sqrt(squares) / unit);
    }

    /**
     * The passes that this takes.
     *
     * @param k components that are written, or -1 for values alone
     */
    public static List<PlannedPass> passes(long rows, int cols, int k) {
        List<PlannedPass> passes = new ArrayList<>();
        passes.add(new PlannedPass("QR", QrPass.flops(rows, cols), QrPass.nodeBytes(cols)));
        if (k >= 0) {
            passes.add(
                    new PlannedPass(WRITING, Halved.flops(rows, cols, k) + SquaresPass.flops(rows, cols), 8L * cols));
        }
        return passes;
    }

    /** Bytes off the heap that a task needs at most beside the input's block and the sink's. */
    public static long taskBytes(Layout layout, int cols, int k) {
        return Math.max(QrPass.workBytes(layout, cols), k < 0 ? 0 : Halved.workBytes(layout, cols, k));
    }

    /** Bytes of what the writing pass sends to every executor. */
    public static long broadcastBytes(int cols, int k) {
        return k < 0 ? 0 : 16L * cols * k;
    }

    /** Bytes, on the heap and off it, of the driver's algebra beside nodes. */
    public static long driverBytes(int cols, int k) {
        long square = 8L * cols * cols;
        // R and its copy; with vectors LAPACK's work, V as it comes, in order and with its signs, and three matrices of
        // k columns.
        return k < 0
                ? 2 * square + LargeSvd.valueBytes(cols, cols)
                : 2 * square + Math.max(LargeSvd.bytes(cols, cols), 3 * square + 24L * cols * k);
    }

    /** Flops of the driver's algebra. */
    public static double driverFlops(int cols, int k) {
        return k < 0 ? LargeSvd.valueFlops(cols, cols) : LargeSvd.flops(cols, cols);
    }
}
