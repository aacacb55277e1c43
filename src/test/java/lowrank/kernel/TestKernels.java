package lowrank.kernel;

import java.util.List;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/** A positive semidefinite kernel of every form, by plain formulas, and rows for them. */
final class TestKernels {
    private TestKernels() {}

    /** exp(-r / s): takes the square root of a distance. */
    record Root(double scale) implements Kernel {
        @Override
        public String name() {
            return "test-root";
        }

        @Override
        public Form form() {
            return Form.SQUARED_DISTANCE;
        }

        @Override
        public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
            for (int j = from; j < from + count; j++) {
                values[j] = Math.exp(-Math.sqrt(values[j]) / scale);
            }
        }

        @Override
        public double self(double size) {
            return 1;
        }
    }

    /** (1 + x'y / d)^2 / ((1 + |x|^2 / d) (1 + |y|^2 / d)), of which each part uses one of the arguments. */
    record Product(double d) implements Kernel {
        @Override
        public String name() {
            return "test-product";
        }

        @Override
        public Form form() {
            return Form.PRODUCT;
        }

        @Override
        public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
            for (int j = 0; j < count; j++) {
                double one = 1 + values[from + j] / d;
                values[from + j] = one * one / ((1 + size / d) * (1 + sizes[sizesFrom + j] / d));
            }
        }

        @Override
        public double self(double size) {
            return 1;
        }
    }

    /** x'y: a diagonal that is not constant. */
    record Linear() implements Kernel {
        @Override
        public String name() {
            return "test-linear";
        }

        @Override
        public Form form() {
            return Form.PRODUCT;
        }

        @Override
        public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {}

        @Override
        public double self(double size) {
            return size;
        }
    }

    /** exp(-form / s), for the distances that are summed coordinate by coordinate. */
    record Exponential(Form form, double scale) implements Kernel {
        @Override
        public String name() {
            return "test-exponential";
        }

        @Override
        public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
            for (int j = from; j < from + count; j++) {
                values[j] = Math.exp(-values[j] / scale);
            }
        }

        @Override
        public double self(double size) {
            return 1;
        }
    }

    /** The harmonic sum itself. */
    record Harmonic() implements Kernel {
        @Override
        public String name() {
            return "test-harmonic";
        }

        @Override
        public Form form() {
            return Form.HARMONIC;
        }

        @Override
        public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {}

        @Override
        public double self(double size) {
            return size;
        }
    }

    /** One or more of every form, for rows of about unit entries. */
    static List<Kernel> all(int d) {
        return List.of(
                new Gaussian(Math.sqrt(d)),
                new Root(Math.sqrt(d)),
                new Product(d),
                new Linear(),
                new Exponential(Kernel.Form.ABSOLUTE_DISTANCE, d),
                new Exponential(Kernel.Form.CHI_SQUARED, d),
                new Harmonic());
    }

    /** The form of two rows, by its definition. */
    static double form(Kernel.Form form, Matrix a, int i, Matrix b, int j) {
        double sum = 0;
        for (int t = 0; t < a.cols(); t++) {
            double x = a.get(i, t);
            double y = b.get(j, t);
            sum += switch (form) {
                case PRODUCT -> x * y;
                case SQUARED_DISTANCE -> (x - y) * (x - y);
                case ABSOLUTE_DISTANCE -> Math.abs(x - y);
                case HARMONIC -> x + y == 0 ? 0 : 2 * x * y / (x + y);
                case CHI_SQUARED -> x + y == 0 ? 0 : (x - y) * (x - y) / (x + y);
            };
        }
        return sum;
    }

    /** K(A, B), a pair at a time. */
    static Matrix plain(Kernel kernel, Matrix a, Matrix b) {
        Matrix k = Matrix.zeros(a.rows(), b.rows());
        double[] one = new double[1];
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < b.rows(); j++) {
                one[0] = form(kernel.form(), a, i, b, j);
                double[] size = {form(kernel.form(), b, j, b, j)};
                kernel.apply(one, 0, 1, form(kernel.form(), a, i, a, i), size, 0);
                k.set(i, j, one[0]);
            }
        }
        return k;
    }

    /** Rows of normal numbers, their magnitudes where {@code positive}, some of them 0 then. */
    static Matrix rows(int n, int d, boolean positive, long seed) {
        Philox random = new Philox(seed, 98);
        Matrix transposed = Matrix.zeros(d, n);
        for (int i = 0; i < n; i++) {
            random.gaussians(i, 0, transposed.values(), i * d, d);
        }
        Matrix rows = transposed.transpose();
        for (int i = 0; positive && i < rows.values().length; i++) {
            double value = Math.abs(rows.values()[i]);
            rows.values()[i] = value < 0.2 ? 0 : value;
        }
        return rows;
    }

    static boolean positive(Kernel kernel) {
        return kernel.form() == Kernel.Form.HARMONIC || kernel.form() == Kernel.Form.CHI_SQUARED;
    }

    /** The values as floats hold them. */
    static Matrix floats(Matrix a) {
        Matrix rounded = new Matrix(a.rows(), a.cols(), a.values().clone());
        for (int i = 0; i < rounded.values().length; i++) {
            rounded.values()[i] = (float) rounded.values()[i];
        }
        return rounded;
    }

    static Matrix rowsOf(Matrix a, int... chosen) {
        return a.transpose().columns(chosen, chosen.length).transpose();
    }

    static double maxDifference(Matrix a, Matrix b) {
        double worst = 0;
        for (int i = 0; i < a.values().length; i++) {
            double difference = Math.abs(a.values()[i] - b.values()[i]);
            worst = difference > worst || Double.isNaN(difference) ? difference : worst;
        }
        return worst;
    }
}
