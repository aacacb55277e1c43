package lowrank.regress;

import java.io.Serializable;
import lowrank.linalg.Matrix;

/**
 * What the rows of a fold are predicted with.
 *
 * @param right coefficients, D x (lambdas t), the targets of one lambda side by side; or V, D x D
 * @param filter what coefficients are made of in the coordinates of V; null where they are there
 * @param intercepts lambdas t
 */
record HeldOutPart(int fold, Matrix right, Filter filter, double[] intercepts) implements Serializable {

    /**
     * (L + mu)^-1 b.
     *
     * @param values the diagonal of L
     * @param mus of the lambdas
     * @param rotated b = V'B, D x t
     */
    record Filter(double[] values, double[] mus, Matrix rotated) implements Serializable {
        /** 1 / (l + mu) of one lambda. */
        void inverses(int lambda, double[] out) {
            for (int j = 0; j < values.length; j++) {
                out[j] = 1 / (values[j] + mus[lambda]);
            }
        }

        /** The column of one target. */
        void column(int target, double[] inverses, double[] out) {
            int from = target * values.length;
            for (int j = 0; j < out.length; j++) {
                out[j] = rotated.values()[from + j] * inverses[j];
            }
        }
    }

    static HeldOutPart of(int fold, RidgePath path, double[] lambdas) {
        int d = path.equations().features();
        int t = path.equations().targets();
        boolean rotates = new HeldOutShape(d, t, lambdas.length).rotates();
        Matrix all = rotates ? path.vectors() : Matrix.zeros(d, lambdas.length * t);
        double[] intercepts = new double[lambdas.length * t];
        double[] mus = new double[lambdas.length];
        for (int i = 0; i < lambdas.length; i++) {
            mus[i] = path.weight() * lambdas[i];
            LinearModel model = path.near(lambdas[i]);
            System.arraycopy(model.intercepts(), 0, intercepts, i * t, t);
            if (!rotates) {
                System.arraycopy(model.coefficients().values(), 0, all.values(), i * t * d, t * d);
            }
        }
        return new HeldOutPart(fold, all, rotates ? new Filter(path.values(), mus, path.rotated()) : null, intercepts);
    }
}
