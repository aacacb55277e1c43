package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Column;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * K(X_b, L), the kernel of the rows of each block with m landmarks: rows x m, row by row, in the precision of the input.
 *
 * <p>Products come from one gemm per block. So do squared distances, as |x|^2 + |y|^2 - 2 x'y of rows and landmarks less the mean of
 * the landmarks, since the three terms cancel for data far from the origin: their rounding is about eps (|x|^2 + |y|^2). Pairs that
 * are nearer than {@link #near} times that sum are formed again coordinate by coordinate, so that k(x, x) is exact and the square root
 * of a small distance right. Where more than one in {@value #MANY} pairs of a tile is near, all are formed again, at the cost of about
 * four gemms. Rows of at most {@value #NARROW} values, and the other forms, are summed coordinate by coordinate from the start, in
 * double.
 *
 * <p><b>Cost</b>: 2 d m flops and one kernel value per pair; memory for a centred copy of the block (distances) and for the result.
 * Owned by one thread.
 */
public final class CrossKernel {
    /** Rows of at most so many values are summed in vectorised loops, as fast as gemm and with nothing to repair. */
    static final int NARROW = 16;

    private static final int MANY = 16;

    private final Kernel kernel;
    private final Kernel.Form form;
    private final Matrix landmarks;
    private final Column input;
    private final Arena arena;
    private final Layout layout;
    private final RowReader reader;
    private final boolean gemm;
    private final double[] sizes;
    private final double[] rowSizes;
    private final double[] centre;
    private final double[] norms;
    private final double[] values = new double[OffHeap.TILE];
    private final double[] excess = new double[OffHeap.TILE];
    private final double[] again = new double[OffHeap.TILE];
    private final int[] nearPairs = new int[OffHeap.TILE];
    private final float[] floats = new float[OffHeap.TILE];
    private PairSums pairs;
    private RightProduct product;
    private long centred;
    private long result;

    /** Opens it for the blocks of one task; {@code landmarks} is m x d, a row per landmark. */
    public CrossKernel(Kernel kernel, Matrix landmarks, Arena arena, Column input, Layout layout) {
        if (landmarks.cols() != input.width()) {
            throw new IllegalArgumentException(
                    "the rows have " + input.width() + " values, the landmarks " + landmarks.cols());
        }
        this.kernel = kernel;
        this.form = kernel.form();
        this.landmarks = landmarks;
        this.input = input;
        this.arena = arena;
        this.layout = layout;
        reader = new RowReader(input);
        gemm = usesGemm(form, input.width());
        requireInDomain(kernel, landmarks);
        sizes = KernelMatrices.sizes(form, landmarks);
        rowSizes = new double[layout.blockRows()];
        boolean distances = gemm && form == Kernel.Form.SQUARED_DISTANCE;
        centre = distances ? means(landmarks) : null;
        norms = distances ? new double[landmarks.rows()] : null;
    }

    private static boolean usesGemm(Kernel.Form form, int width) {
        return form == Kernel.Form.PRODUCT || (form == Kernel.Form.SQUARED_DISTANCE && width > NARROW);
    }

    /** Floating-point operations for so many rows, a kernel value counted as one. */
    public static double flops(long rows, Matrix landmarks) {
        return flops(rows, landmarks.rows(), landmarks.cols());
    }

    /** The same, with so many landmarks of so many values. */
    static double flops(long rows, int landmarks, int inputs) {
        return (double) rows * landmarks * (2.0 * inputs + 1);
    }

    /** Bytes off the heap for blocks of this layout. */
    public static long bytes(Kernel kernel, int landmarks, Column input, Layout layout) {
        long width = input.width();
        long values = RightProduct.entries(layout.blockRows(), landmarks);
        if (usesGemm(kernel.form(), input.width())) {
            values += width * landmarks;
        }
        if (usesGemm(kernel.form(), input.width()) && kernel.form() == Kernel.Form.SQUARED_DISTANCE) {
            values += width * layout.blockRows();
        }
        return values * input.precision().bytes();
    }

    /**
     * Distances below this part of |x|^2 + |y|^2 are formed again. Those of gemm above it are right to a relative error of a few eps
     * sqrt(d) / near, and the kernel to less than half of that: 1e-13 in double, 1e-6 in float, where a larger part is repaired for it.
     */
    private static double near(Precision precision) {
        return precision == Precision.DOUBLE ? 0x1p-10 : 0x1p-4;
    }

    /**
     * The kernel of the rows of a block with the landmarks; valid until the next call.
     *
     * @param firstRow global position of the first row, for messages
     */
    public Slab of(Slab rows, long firstRow) {
        if (!gemm) {
            return direct(rows, firstRow);
        }
        Slab products = form == Kernel.Form.PRODUCT ? products(rows, firstRow) : centredProducts(rows, firstRow);
        finish(rows, products);
        return products;
    }

    /** k(x, x) of a row of the last block. */
    public double self(int row) {
        return kernel.self(rowSizes[row]);
    }

    private Slab products(Slab rows, long firstRow) {
        for (int first = 0; first < rows.rows(); first += reader.panelRows()) {
            read(rows, first, firstRow);
        }
        if (product == null) {
            product = new RightProduct(arena, landmarks.transpose(), input.precision(), layout);
        }
        return product.of(rows);
    }

    /** (x - c)'(y - c), and the norms of both as gemm sees them: rounded to the precision of the block. */
    private Slab centredProducts(Slab rows, long firstRow) {
        boolean narrow = input.precision() == Precision.FLOAT;
        int d = input.width();
        int m = landmarks.rows();
        if (product == null) {
            Matrix shifted = Matrix.zeros(d, m);
            for (int j = 0; j < m; j++) {
                for (int t = 0; t < d; t++) {
                    double value = landmarks.get(j, t) - centre[t];
                    value = narrow ? (float) value : value;
                    shifted.set(t, j, value);
                    norms[j] += value * value;
                }
            }
            product = new RightProduct(arena, shifted, input.precision(), layout);
            centred = arena.allocate((long) layout.blockRows() * d, input.precision());
        }
        Slab less = new Slab(centred, rows.rows(), d, input.precision());
        for (int first = 0; first < rows.rows(); first += reader.panelRows()) {
            int some = Math.min(reader.panelRows(), rows.rows() - first);
            double[] panel = read(rows, first, firstRow);
            for (int i = 0; i < some; i++) {
                double norm = 0;
                for (int t = 0; t < d; t++) {
                    double value = panel[i * d + t] - centre[t];
                    value = narrow ? (float) value : value;
                    panel[i * d + t] = value;
                    norm += value * value;
                }
                rowSizes[first + i] = norm;
            }
            for (int from = 0; from < some * d; from += OffHeap.TILE) {
                put(
                        less.row(first) + (long) from * input.precision().bytes(),
                        panel,
                        from,
                        Math.min(OffHeap.TILE, some * d - from));
            }
        }
        return product.of(less);
    }

    /** Products, in place, into kernel values. */
    private void finish(Slab rows, Slab products) {
        int m = landmarks.rows();
        int bytes = input.precision().bytes();
        for (int i = 0; i < rows.rows(); i++) {
            for (int from = 0; from < m; from += OffHeap.TILE) {
                int count = Math.min(OffHeap.TILE, m - from);
                long address = products.row(i) + (long) from * bytes;
                get(address, values, count);
                if (form == Kernel.Form.SQUARED_DISTANCE) {
                    distances(rows, i, from, count);
                }
                kernel.apply(values, 0, count, rowSizes[i], sizes, from);
                put(address, values, 0, count);
            }
            if (form == Kernel.Form.SQUARED_DISTANCE) {
                rowSizes[i] = 0;
            }
        }
    }

    /** Products of centred rows into squared distances. */
    private void distances(Slab rows, int row, int from, int count) {
        double share = near(input.precision());
        double norm = rowSizes[row];
        for (int j = 0; j < count; j++) {
            double both = norm + norms[from + j];
            double distance = both - 2 * values[j];
            values[j] = distance;
            excess[j] = distance - share * both;
        }
        boolean near = false;
        for (int j = 0; j < count; j++) {
            near |= isNear(j);
        }
        if (near) {
            repair(rows, row, from, count);
        }
    }

    /** Also where squares have overflowed, and their difference is not a number. */
    private boolean isNear(int j) {
        return !(excess[j] > 0);
    }

    private void repair(Slab rows, int row, int from, int count) {
        double[] x = reader.read(rows, row, 1);
        int tile = pairs().tile();
        for (int first = from; first < from + count; first += tile) {
            int n = pairs.countOf(first / tile);
            int nearBy = 0;
            for (int j = first; j < first + n; j++) {
                if (isNear(j - from)) {
                    nearPairs[nearBy++] = j;
                }
            }
            if (nearBy > n / MANY) {
                pairs.of(x, 0, first / tile, again);
                System.arraycopy(again, 0, values, first - from, n);
            } else {
                for (int k = 0; k < nearBy; k++) {
                    values[nearPairs[k] - from] = pairs.squared(x, 0, nearPairs[k]);
                }
            }
        }
    }

    private Slab direct(Slab rows, long firstRow) {
        int d = input.width();
        int m = landmarks.rows();
        int bytes = input.precision().bytes();
        if (result == 0) {
            result = arena.allocate(RightProduct.entries(layout.blockRows(), m), input.precision());
        }
        Slab kernels = new Slab(result, rows.rows(), m, input.precision());
        for (int first = 0; first < rows.rows(); first += reader.panelRows()) {
            int some = Math.min(reader.panelRows(), rows.rows() - first);
            double[] panel = read(rows, first, firstRow);
            for (int k = 0; k * pairs().tile() < m; k++) {
                int from = k * pairs.tile();
                int count = pairs.countOf(k);
                for (int i = 0; i < some; i++) {
                    pairs.of(panel, i * d, k, values);
                    kernel.apply(values, 0, count, rowSizes[first + i], sizes, from);
                    put(kernels.row(first + i) + (long) from * bytes, values, 0, count);
                }
            }
        }
        return kernels;
    }

    /** The landmarks for sums by coordinate; many tasks never need them. */
    private PairSums pairs() {
        if (pairs == null) {
            pairs = new PairSums(form, landmarks);
        }
        return pairs;
    }

    /** A panel of rows as doubles, and their sizes. */
    private double[] read(Slab rows, int first, long firstRow) {
        int some = Math.min(reader.panelRows(), rows.rows() - first);
        int d = input.width();
        double[] panel = reader.read(rows, first, some);
        if (form == Kernel.Form.HARMONIC || form == Kernel.Form.CHI_SQUARED) {
            for (int i = 0; i < some * d; i++) {
                if (panel[i] < 0) {
                    throw new DataException("row " + (firstRow + first + i / d) + " column " + place(i % d)
                            + " is negative, and the kernel " + kernel.name()
                            + " takes rows without negative values; shift them, or choose another kernel");
                }
            }
        }
        if (form == Kernel.Form.PRODUCT || form == Kernel.Form.HARMONIC) {
            for (int i = 0; i < some; i++) {
                rowSizes[first + i] = KernelMatrices.size(form, panel, i * d, d, 1);
            }
        }
        return panel;
    }

    private String place(int column) {
        if (input.names() != null) {
            return input.names().get(column);
        }
        return input.width() == 1 ? input.name() : input.name() + "[" + column + "]";
    }

    private void get(long address, double[] target, int count) {
        if (input.precision() == Precision.DOUBLE) {
            OffHeap.get(address, target, 0, count);
            return;
        }
        OffHeap.get(address, floats, 0, count);
        for (int j = 0; j < count; j++) {
            target[j] = floats[j];
        }
    }

    private void put(long address, double[] source, int from, int count) {
        if (input.precision() == Precision.DOUBLE) {
            OffHeap.put(address, source, from, count);
            return;
        }
        for (int j = 0; j < count; j++) {
            floats[j] = (float) source[from + j];
        }
        OffHeap.put(address, floats, 0, count);
    }

    private static double[] means(Matrix landmarks) {
        double[] means = new double[landmarks.cols()];
        for (int t = 0; t < means.length; t++) {
            double first = landmarks.rows() == 0 ? 0 : landmarks.get(0, t);
            double sum = 0;
            for (int j = 0; j < landmarks.rows(); j++) {
                sum += landmarks.get(j, t) - first;
            }
            means[t] = first + sum / Math.max(1, landmarks.rows());
        }
        return means;
    }

    private static void requireInDomain(Kernel kernel, Matrix landmarks) {
        if (kernel.form() != Kernel.Form.HARMONIC && kernel.form() != Kernel.Form.CHI_SQUARED) {
            return;
        }
        for (int t = 0; t < landmarks.cols(); t++) {
            for (int j = 0; j < landmarks.rows(); j++) {
                if (landmarks.get(j, t) < 0) {
                    throw new DataException("landmark " + j + " column " + t + " is negative, and the kernel "
                            + kernel.name() + " takes rows without negative values");
                }
            }
        }
    }
}
