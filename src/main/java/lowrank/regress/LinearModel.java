package lowrank.regress;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import lowrank.linalg.Matrix;

/**
 * f(z) = W'z + a, for one lambda.
 *
 * @param lambda per row: (Z'Z/n + lambda I) w = Z'y/n
 * @param coefficients W, D x t
 * @param intercepts a, t; zeros without an intercept
 */
public record LinearModel(double lambda, Matrix coefficients, double[] intercepts) implements Serializable {

    /**
     * The mean of several models, each of a map of its own: of the maps' features beside each other ({@link lowrank.kernel.SideBySide}).
     *
     * @param lambda to be stated of it, since each may have another
     */
    public static LinearModel mean(List<LinearModel> models, double lambda) {
        int r = models.size();
        Matrix coefficients = null;
        double[] intercepts = new double[models.get(0).intercepts.length];
        for (LinearModel model : models) {
            Matrix transposed = model.coefficients.transpose();
            coefficients = coefficients == null ? transposed : coefficients.beside(transposed);
            for (int k = 0; k < intercepts.length; k++) {
                intercepts[k] += model.intercepts[k] / r;
            }
        }
        double[] factors = new double[coefficients.cols()];
        // (1/r) w'z = (w / sqrt(r))' (z / sqrt(r)).
        Arrays.fill(factors, 1 / Math.sqrt(r));
        return new LinearModel(lambda, coefficients.scaleColumns(factors).transpose(), intercepts);
    }
}
