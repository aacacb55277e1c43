package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/** Kernels of the rows of matrices of the driver. */
final class KernelMatrices {
    private KernelMatrices() {}

    /**
     * K(A, B), a row of the result per row of {@code a}: what {@link CrossKernel#of} gives for one block of the rows of {@code a} in
     * double. Blocks cut otherwise may differ in the last bits where gemm is used, whose sums depend on shapes.
     */
    static Matrix between(Kernel kernel, Matrix a, Matrix b) {
        int n = a.rows();
        if (n == 0 || b.rows() == 0) {
            return Matrix.zeros(n, b.rows());
        }
        try (Arena arena = new Arena()) {
            Slab rows = new Slab(a.transpose().store(arena), n, a.cols(), Precision.DOUBLE);
            CrossKernel cross = new CrossKernel(
                    kernel, b, arena, new Column("rows", a.cols(), Precision.DOUBLE), new Layout(n, n, n));
            return Matrix.load(cross.of(rows, 0).address(), b.rows(), n, b.rows())
                    .transpose();
        }
    }

    /**
     * K(A, A), exactly symmetric, with {@link Kernel#self} on the diagonal.
     *
     * @throws NumericalException when some of it is beyond doubles
     */
    static Matrix gram(Kernel kernel, Matrix a) {
        Matrix gram = between(kernel, a, a);
        double[] sizes = sizes(kernel.form(), a);
        for (int j = 0; j < a.rows(); j++) {
            for (int i = 0; i < j; i++) {
                gram.set(j, i, gram.get(i, j));
            }
            gram.set(j, j, kernel.self(sizes[j]));
        }
        for (double value : gram.values()) {
            requireFinite(kernel, value);
        }
        return gram;
    }

    /** Refuses kernels that overflow, with what would make their values smaller. */
    static void requireFinite(Kernel kernel, double value) {
        if (Double.isFinite(value)) {
            return;
        }
        boolean nonnegative = kernel.form() == Kernel.Form.HARMONIC || kernel.form() == Kernel.Form.CHI_SQUARED;
        String less = nonnegative ? "divide the columns by kernel.length-scales" : "set read.scale = standard";
        if (kernel instanceof Exponential) {
            less += ", or raise kernel.temperature";
        } else if (kernel instanceof Polynomial) {
            less += ", or lower kernel.degree or kernel.scale";
        }
        throw new NumericalException(
                "the kernel " + kernel.name() + " overflows: the values of some rows are too large for it; " + less);
    }

    /** k(x, x) of the rows of a matrix. */
    static double[] selves(Kernel kernel, Matrix rows) {
        double[] selves = sizes(kernel.form(), rows);
        for (int i = 0; i < selves.length; i++) {
            selves[i] = kernel.self(selves[i]);
        }
        return selves;
    }

    /** form(x, x) of {@code width} values from {@code at} on, each {@code stride} after the other. */
    static double size(Kernel.Form form, double[] x, int at, int width, int stride) {
        double sum = 0;
        for (int t = 0, k = at; t < width; t++, k += stride) {
            sum += form == Kernel.Form.PRODUCT ? x[k] * x[k] : form == Kernel.Form.HARMONIC ? x[k] : 0;
        }
        return sum;
    }

    /** form(y, y) of the rows of a matrix, as {@link Kernel#apply} and {@link Kernel#self} take it. */
    static double[] sizes(Kernel.Form form, Matrix rows) {
        double[] sizes = new double[rows.rows()];
        for (int j = 0; j < sizes.length; j++) {
            sizes[j] = size(form, rows.values(), j, rows.cols(), rows.rows());
        }
        return sizes;
    }
}
