package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blas.VectorMath;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;

/**
 * Features without negative values: z(x) = exp([W'u, -W'u] - |u|^2/2) / sqrt(D), u = x / sqrt(T), D/2 frequencies W ~ N(0, I), each with its
 * opposite; the mean of z(x)'z(y) is exp(x'y / T) (Choromanski et al. 2021, "Rethinking attention with Performers"). For the Gaussian
 * kernel of bandwidth s, u = x / s, times exp(-|u|^2/2) once more.
 *
 * <p>With independent frequencies the variance is exp(-|u|^2 - |v|^2) (exp(|u + v|^2) - 1)^2 / D for the exponential kernel, and
 * exp(-|u|^2 - |v|^2) as much for the Gaussian: it grows quickly with |u + v|, far beyond which no feature is likely to be large.
 *
 * @param kernel an {@link Exponential} or a {@link Gaussian}
 * @param projection frequencies of N(0, I), of rows that are divided by the bandwidth or sqrt(T)
 * @param shift subtracted from all logarithms, so that the largest features do not overflow: z is exp(-shift) of the formula
 * @param logarithms whether the features are given as their logarithms
 */
record PositiveFeatures(Kernel kernel, Projection projection, double shift, boolean logarithms) implements FeatureMap {
    /** What N(0, I) frequencies of the divided rows are to the rows as they are. */
    static ShiftInvariant law(Kernel kernel) {
        if (!(kernel instanceof Exponential) && !(kernel instanceof Gaussian)) {
            throw new IllegalArgumentException("features.map = positive does not apply to kernel.name = "
                    + kernel.name() + "; it takes exponential or gaussian");
        }
        return new Gaussian(unit(kernel));
    }

    /** A row over this is u. */
    private static double unit(Kernel kernel) {
        return kernel instanceof Exponential exponential
                ? Math.sqrt(exponential.temperature())
                : ((Gaussian) kernel).bandwidth();
    }

    /** The same features as their logarithms. */
    PositiveFeatures asLogarithms() {
        return new PositiveFeatures(kernel, projection, shift, true);
    }

    /** The same features times exp(-shift), the largest logarithm over all rows being the natural choice. */
    PositiveFeatures less(double logarithm) {
        return new PositiveFeatures(kernel, projection, logarithm, logarithms);
    }

    @Override
    public int inputs() {
        return projection.inputs();
    }

    @Override
    public int size() {
        return 2 * projection.count();
    }

    @Override
    public double flops(long rows) {
        return projection.flops(rows);
    }

    @Override
    public long mapperBytes(Layout layout, Column input) {
        return projection.bytes(layout, input)
                + (long) layout.blockRows() * size() * input.precision().bytes();
    }

    @Override
    public Mapper open(Arena arena, Column input, Layout layout) {
        return new Rows(
                projection.open(arena, input, layout),
                arena.allocate((long) layout.blockRows() * size(), input.precision()),
                input);
    }

    private final class Rows implements Mapper {
        private final Projection.Working products;
        private final long features;
        private final RowReader inputReader;
        private final RowReader productReader;
        private final RowWriter writer;
        private final double[] both = new double[size()];

        Rows(Projection.Working products, long features, Column input) {
            this.products = products;
            this.features = features;
            inputReader = new RowReader(input);
            productReader = new RowReader(new Column("products", projection.count(), input.precision()));
            writer = new RowWriter(input.precision());
        }

        @Override
        public Slab map(Slab rows) {
            Slab w = products.of(rows);
            Slab out = new Slab(features, rows.rows(), size(), rows.precision());
            double normalised = 0.5 * StrictMath.log(size()) + shift;
            double part = kernel instanceof Gaussian ? 1 : 0.5;
            double unit = unit(kernel);
            int half = projection.count();
            for (int i = 0; i < rows.rows(); i++) {
                double less = part * square(inputReader.read(rows, i, 1), rows.width(), unit) + normalised;
                double[] values = productReader.read(w, i, 1);
                for (int f = 0; f < half; f++) {
                    both[f] = values[f] - less;
                    both[half + f] = -values[f] - less;
                }
                if (!logarithms) {
                    VectorMath.exp(both, 0, both.length);
                }
                writer.put(out.row(i), both, 0, both.length);
            }
            return out;
        }

        private double square(double[] values, int count, double unit) {
            double sum = 0;
            for (int j = 0; j < count; j++) {
                double u = values[j] / unit;
                sum += u * u;
            }
            return sum;
        }
    }
}
