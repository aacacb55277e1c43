package lowrank.kernel;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;

/** Every kernel beside its textbook formula, written without anything of {@link Kernel}. */
final class KernelCases {
    private KernelCases() {}

    /** A kernel of two rows. */
    interface Formula extends ToDoubleBiFunction<double[], double[]> {}

    static Map<Kernel, Formula> all() {
        Map<Kernel, Formula> all = new LinkedHashMap<>();
        all.put(new Gaussian(1.5), (x, y) -> Math.exp(-Math.pow(norm(x, y, 2), 2) / (2 * 1.5 * 1.5)));
        all.put(new Laplacian(2), (x, y) -> Math.exp(-norm(x, y, 1) / 2));
        all.put(new Matern(1.5, 0.5), (x, y) -> Math.exp(-norm(x, y, 2) / 1.5));
        all.put(new Matern(1.5, 1.5), (x, y) -> {
            double a = Math.sqrt(3) * norm(x, y, 2) / 1.5;
            return (1 + a) * Math.exp(-a);
        });
        all.put(new Matern(1.5, 2.5), (x, y) -> {
            double r = norm(x, y, 2) / 1.5;
            return (1 + Math.sqrt(5) * r + 5 * r * r / 3) * Math.exp(-Math.sqrt(5) * r);
        });
        for (double alpha : new double[] {0.5, 1, 1.5, 3, 0.7}) {
            all.put(
                    new RationalQuadratic(1.5, alpha),
                    (x, y) -> Math.pow(1 + Math.pow(norm(x, y, 2), 2) / (2 * alpha * 1.5 * 1.5), -alpha));
        }
        all.put(new Polynomial(0.5, 1, 3), (x, y) -> Math.pow(0.5 * dot(x, y) + 1, 3));
        all.put(new Polynomial(1, 0, 2), (x, y) -> Math.pow(dot(x, y), 2));
        all.put(new ArcCosine(0), (x, y) -> zero(x) || zero(y) ? 0 : 1 - angle(x, y) / Math.PI);
        all.put(new ArcCosine(1), (x, y) -> {
            if (zero(x) || zero(y)) {
                return 0;
            }
            double angle = angle(x, y);
            return Math.sqrt(dot(x, x) * dot(y, y)) * (Math.sin(angle) + (Math.PI - angle) * Math.cos(angle)) / Math.PI;
        });
        all.put(new Exponential(2), (x, y) -> Math.exp(dot(x, y) / 2));
        all.put(new AdditiveChi2(), (x, y) -> {
            double sum = 0;
            for (int j = 0; j < x.length; j++) {
                sum += x[j] + y[j] == 0 ? 0 : 2 * x[j] * y[j] / (x[j] + y[j]);
            }
            return sum;
        });
        all.put(new ExponentialChi2(1.5), (x, y) -> {
            double sum = 0;
            for (int j = 0; j < x.length; j++) {
                sum += x[j] + y[j] == 0 ? 0 : Math.pow(x[j] - y[j], 2) / (x[j] + y[j]);
            }
            return Math.exp(-sum / 1.5);
        });
        return all;
    }

    /** Kernels of rows without negative values. */
    static boolean ofCounts(Kernel kernel) {
        return kernel.form() == Kernel.Form.HARMONIC || kernel.form() == Kernel.Form.CHI_SQUARED;
    }

    /** k(x, y) through form and apply, the form summed in the plain way. */
    static double value(Kernel kernel, double[] x, double[] y) {
        double[] value = {form(kernel.form(), x, y)};
        kernel.apply(value, 0, 1, form(kernel.form(), x, x), new double[] {form(kernel.form(), y, y)}, 0);
        return value[0];
    }

    static double form(Kernel.Form form, double[] x, double[] y) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            double both = x[j] + y[j];
            double apart = x[j] - y[j];
            sum += switch (form) {
                case PRODUCT -> x[j] * y[j];
                case SQUARED_DISTANCE -> apart * apart;
                case ABSOLUTE_DISTANCE -> Math.abs(apart);
                case HARMONIC -> both == 0 ? 0 : 2 * x[j] * y[j] / both;
                case CHI_SQUARED -> both == 0 ? 0 : apart * apart / both;
            };
        }
        return sum;
    }

    private static double norm(double[] x, double[] y, double p) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            sum += Math.pow(Math.abs(x[j] - y[j]), p);
        }
        return Math.pow(sum, 1 / p);
    }

    static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            sum += x[j] * y[j];
        }
        return sum;
    }

    private static boolean zero(double[] x) {
        return dot(x, x) == 0;
    }

    /** 2 atan2(|u - v|, |u + v|) of the unit vectors u, v: right for parallel rows too (Kahan). */
    private static double angle(double[] x, double[] y) {
        double[] minus = new double[x.length];
        double[] plus = new double[x.length];
        double nx = Math.sqrt(dot(x, x));
        double ny = Math.sqrt(dot(y, y));
        for (int j = 0; j < x.length; j++) {
            minus[j] = x[j] / nx - y[j] / ny;
            plus[j] = x[j] / nx + y[j] / ny;
        }
        return 2 * Math.atan2(Math.sqrt(dot(minus, minus)), Math.sqrt(dot(plus, plus)));
    }
}
