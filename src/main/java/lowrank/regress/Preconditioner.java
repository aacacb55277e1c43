package lowrank.regress;

import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * The randomised Nyström preconditioner of Frangella, Tropp and Udell (2023), "Randomized Nyström preconditioning": with G about U L U' of
 * rank l, P^-1 = (l_min + mu) U (L + mu)^-1 U' + I - U U'. The condition of P^-1 (G + mu I) is about 1 + (what U misses of G) / mu.
 */
final class Preconditioner {
    private final Matrix u;
    private final double[] values;

    private Preconditioner(Matrix u, double[] values) {
        this.u = u;
        this.values = values;
    }

    /**
     * From a sketch.
     *
     * @param basis orthonormal columns, D x l
     * @param image G basis, with what rounding adds
     * @param roundoff of the products
     */
    static Preconditioner of(Matrix basis, Matrix image, double roundoff) {
        double norm = 0;
        for (double value : image.values()) {
            norm += value * value;
        }
        // A shift of the size of rounding keeps basis' G basis definite; it is taken off again.
        double shift = Math.max(Math.sqrt(norm), Double.MIN_NORMAL) * roundoff * Math.sqrt(basis.cols());
        Matrix y = new Matrix(image.rows(), image.cols(), image.values().clone());
        for (int i = 0; i < y.values().length; i++) {
            y.values()[i] += shift * basis.values()[i];
        }
        Matrix core = basis.transposeTimes(y);
        Matrix symmetric = core.plus(core.transpose());
        Dense.SmallEigen eigen = Dense.eigen(symmetric);
        // G ~ Y (core)^+ Y' = F F' with F = Y V w^(-1/2); what is below the shift is rounding.
        int l = basis.cols();
        double[] factors = new double[l];
        int[] kept = new int[l];
        int count = 0;
        for (int j = 0; j < l; j++) {
            double w = eigen.w()[j] / 2;
            if (w > shift / 2) {
                factors[count] = 1 / Math.sqrt(w);
                kept[count++] = j;
            }
        }
        Matrix f = y.times(eigen.v().columns(kept, count).scaleColumns(java.util.Arrays.copyOf(factors, count)));
        Dense.SmallSvd svd = Dense.svd(f);
        double[] values = new double[svd.s().length];
        for (int j = 0; j < values.length; j++) {
            values[j] = Math.max(0, svd.s()[j] * svd.s()[j] - shift);
        }
        return new Preconditioner(svd.u(), values);
    }

    /** Of the equations themselves, (G + mu I + shift)^-1: the shift is of the size of their rounding, which is all they know below it. */
    static Preconditioner of(RidgePath equations) {
        double[] ascending = equations.values();
        double shift = equations.equations().precision().roundoff() * equations.size();
        int d = ascending.length;
        double[] values = new double[d];
        int[] order = new int[d];
        for (int j = 0; j < d; j++) {
            order[j] = d - 1 - j;
            values[j] = ascending[order[j]] + shift;
        }
        return new Preconditioner(equations.vectors().columns(order, d), values);
    }

    /** P^-1 R. */
    Matrix solve(Matrix r, double mu) {
        if (values.length == 0) {
            return r;
        }
        double least = values[values.length - 1] + mu;
        Matrix inside = u.transposeTimes(r);
        for (int k = 0; k < inside.cols(); k++) {
            for (int j = 0; j < values.length; j++) {
                inside.set(j, k, inside.get(j, k) * (least / (values[j] + mu) - 1));
            }
        }
        return r.plus(u.times(inside));
    }
}
