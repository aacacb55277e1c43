package lowrank.regress;

import java.io.Serializable;
import lowrank.linalg.Matrix;

/**
 * f(z) = W'z + a, for one lambda.
 *
 * @param lambda per row: (Z'Z/n + lambda I) w = Z'y/n
 * @param coefficients W, D x t
 * @param intercepts a, t; zeros without an intercept
 */
public record LinearModel(double lambda, Matrix coefficients, double[] intercepts) implements Serializable {}
