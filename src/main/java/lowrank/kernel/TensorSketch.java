package lowrank.kernel;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;
import lowrank.random.Draws;

/**
 * Features of the polynomial kernel (Pham and Pagh 2013, "Fast and scalable polynomial kernels via explicit feature maps"): with
 * x~ = [sqrt(scale) x, sqrt(offset)], k(x, y) = (x~'y~)^p is the product of the p-fold tensors of x~ and y~. Each of p count sketches adds
 * the coordinates of x~, with random signs, into D random places; their cyclic convolution is a count sketch of the tensor. Its
 * products have mean k(x, y) and a variance of at most (3^p - 1) k(x, x) k(y, y) / D.
 *
 * <p>Cost per row: p (inputs + 5 N log2 N) operations, N = D where D is a power of two, else the least power of two that holds the
 * convolution before it is wrapped round.
 */
final class TensorSketch implements FeatureMap {
    private static final long serialVersionUID = 1;
    private static final int PLACES = 24;
    private static final int SIGNS = 25;

    private final Polynomial kernel;
    private final int inputs;
    private final int size;
    private final long seed;

    /** For each sketch and coordinate of x~ its place, or ~place for the sign -1; made once per executor. */
    private transient int[][] places;

    TensorSketch(Polynomial kernel, int inputs, int size, long seed) {
        this.kernel = kernel;
        this.inputs = inputs;
        this.size = size;
        this.seed = seed;
    }

    @Override
    public int inputs() {
        return inputs;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Kernel kernel() {
        return kernel;
    }

    /** Length of the transforms. */
    private int length() {
        if (Integer.bitCount(size) == 1) {
            return size;
        }
        long whole = (long) kernel.degree() * (size - 1) + 1;
        if (whole > 1 << 30) {
            throw new IllegalArgumentException("features.size = " + size + " is too large for kernel.degree = "
                    + kernel.degree() + " with features.map = tensor-sketch; use a power of two");
        }
        return Hadamard.order((int) whole);
    }

    @Override
    public double flops(long rows) {
        double n = length();
        return rows * ((kernel.degree() + 1) * 5.0 * n * Math.log(n) / Math.log(2) + 6.0 * kernel.degree() * n);
    }

    @Override
    public long mapperBytes(Layout layout, Column input) {
        return (long) layout.blockRows() * size * input.precision().bytes();
    }

    private synchronized int[][] places() {
        if (places == null) {
            int[][] made = new int[kernel.degree()][inputs + 1];
            Draws places = new Draws(seed, PLACES);
            Draws signs = new Draws(seed, SIGNS);
            for (int k = 0; k < made.length; k++) {
                for (int j = 0; j <= inputs; j++) {
                    int place = (int) (size * places.uniform(k, j));
                    made[k][j] = signs.sign(k, j) > 0 ? place : ~place;
                }
            }
            this.places = made;
        }
        return places;
    }

    @Override
    public Mapper open(Arena arena, Column input, Layout layout) {
        return new Rows(
                places(),
                arena.allocate((long) layout.blockRows() * size, input.precision()),
                new Fft(length()),
                input);
    }

    private final class Rows implements Mapper {
        private final int[][] places;
        private final long features;
        private final Fft fft;
        private final RowReader reader;
        private final RowWriter writer;
        private final int length = length();
        private final double[] re = new double[length];
        private final double[] im = new double[length];
        private final double[] productRe = new double[length];
        private final double[] productIm = new double[length];
        private final double root = Math.sqrt(kernel.scale());
        private final double constant = Math.sqrt(kernel.offset());

        Rows(int[][] places, long features, Fft fft, Column input) {
            this.places = places;
            this.features = features;
            this.fft = fft;
            reader = new RowReader(input);
            writer = new RowWriter(input.precision());
        }

        @Override
        public Slab map(Slab rows) {
            Slab out = new Slab(features, rows.rows(), size, rows.precision());
            for (int first = 0; first < rows.rows(); first += reader.panelRows()) {
                int some = Math.min(reader.panelRows(), rows.rows() - first);
                double[] values = reader.read(rows, first, some);
                for (int i = 0; i < some; i++) {
                    row(values, i * inputs);
                    writer.put(out.row(first + i), productRe, 0, size);
                }
            }
            return out;
        }

        private void row(double[] values, int from) {
            Arrays.fill(productRe, 1);
            Arrays.fill(productIm, 0);
            for (int[] sketch : places) {
                Arrays.fill(re, 0);
                Arrays.fill(im, 0);
                for (int j = 0; j < inputs; j++) {
                    add(sketch[j], root * values[from + j]);
                }
                add(sketch[inputs], constant);
                fft.transform(re, im);
                multiply();
            }
            // Back: with re and im swapped.
            fft.transform(productIm, productRe);
            for (int i = 0; i < size; i++) {
                double sum = 0;
                for (int j = i; j < length; j += size) {
                    sum += productRe[j];
                }
                productRe[i] = sum / length;
            }
        }

        private void add(int place, double value) {
            if (place >= 0) {
                re[place] += value;
            } else {
                re[~place] -= value;
            }
        }

        private void multiply() {
            for (int i = 0; i < length; i++) {
                double real = productRe[i] * re[i] - productIm[i] * im[i];
                productIm[i] = productRe[i] * im[i] + productIm[i] * re[i];
                productRe[i] = real;
            }
        }
    }
}
