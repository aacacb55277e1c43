package lowrank.regress;

import java.io.Serializable;
import lowrank.linalg.Matrix;

/**
 * How sure a prediction is, of a row of mean weight m = n / r, r the rows: s^2 (1 + m z_c' (G_c + mu I)^-1 z_c + 1/r), with s^2 = (RSS / n) r
 * / (r - df), mu = n lambda and z_c = z - mean(z); with an intercept only the 1/r. Where the features of a row miss a part k(x, x) - |z|^2
 * of the kernel, that part / (r lambda) is added: what is far from all landmarks is not known at all. Without weights m is 1.
 *
 * @param root m^(1/2) V (L + mu)^(-1/2), D x D, so that the quadratic form is |root' z_c|^2
 * @param shift root' mean(z)
 * @param constant 1, and 1/r with an intercept
 * @param noise s^2 per target
 * @param mu r lambda
 */
public record Variance(Matrix root, double[] shift, double constant, double[] noise, double mu)
        implements Serializable {

    /**
     * Of the fit with this lambda.
     *
     * @param rss sum of w (y - f)^2 per target, as the equations or a pass over the rows tell
     * @throws IllegalArgumentException when as many degrees of freedom are fitted as there are rows
     */
    static Variance of(RidgePath path, double lambda, double[] rss) {
        Centred equations = path.equations();
        double mu = path.mu(lambda);
        double rows = equations.rows();
        double meanWeight = equations.weight() / rows;
        double[] factors = new double[equations.features()];
        for (int j = 0; j < factors.length; j++) {
            factors[j] = Math.sqrt(meanWeight / (path.values()[j] + mu));
        }
        Matrix root = path.vectors().scaleColumns(factors);
        double free = rows - path.score(lambda).df();
        if (!(free > 0)) {
            throw new IllegalArgumentException("solve.lambda = " + lambda
                    + " fits as many degrees of freedom as there are rows, which leaves no variance to be estimated;"
                    + " give a larger one");
        }
        double[] noise = new double[rss.length];
        for (int k = 0; k < noise.length; k++) {
            noise[k] = rss[k] / equations.weight() * (rows / free);
        }
        Matrix means = new Matrix(factors.length, 1, equations.featureMeans());
        return new Variance(
                root,
                root.transposeTimes(means).values(),
                1 + (equations.intercept() ? 1 / rows : 0),
                noise,
                rows * lambda);
    }
}
