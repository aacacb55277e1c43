package lowrank.regress;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/**
 * Ridge regression for every lambda from one eigendecomposition. With G_c = V L V' and b = V'B_c, mu = n lambda: w = V (L + mu)^-1 b, RSS
 * = y'y - sum b_j^2 (l_j + 2 mu) / (l_j + mu)^2, df = sum l_j / (l_j + mu), and 1 for the intercept.
 *
 * <p><b>Cost</b>: about 9 D^3 flops once; per lambda 2 D^2 t for coefficients, D t for scores. <b>Memory</b>: D^2 doubles on the heap
 * stay, four times as many are in use at once. <b>Errors</b>: a lambda below the limit of {@link Lambdas} is refused. An intercept is
 * taken out of finished sums, so features whose means are many deviations lose the square of that; {@code read.scale} prevents it.
 */
final class RidgePath {
    private static final double SHRUNK = 1e-3;

    private static final int BISECTIONS = 60;

    private final Centred equations;
    private final double[] values;
    private final Matrix vectors;
    private final Matrix rotated;
    private final double largest;
    private final double size;

    private RidgePath(Centred equations, double[] values, Matrix vectors, Matrix rotated) {
        this.equations = equations;
        this.values = values;
        this.vectors = vectors;
        this.rotated = rotated;
        largest = values.length == 0 ? 0 : values[values.length - 1];
        size = largest + equations.offset();
    }

    /**
     * Decomposes normal equations.
     *
     * @param origin of the targets in the sums; zeros without an intercept
     */
    static RidgePath of(NormalSums sums, double[] origin, boolean intercept) {
        return of(Centred.of(sums, origin, intercept));
    }

    static RidgePath of(Centred equations) {
        int d = equations.features();
        double[] values = new double[d];
        Matrix vectors = Matrix.zeros(d, d);
        if (d > 0) {
            try (Arena arena = new Arena()) {
                long address = arena.doubles((long) d * d);
                equations.gram().store(address, d);
                int info = Backend.current().eigen(d, address, d, values);
                if (info != 0) {
                    throw new NumericalException("the eigenvalues of the Gram matrix of " + d
                            + " features did not converge (LAPACK " + info + ")");
                }
                vectors = Matrix.load(address, d, d, d);
            }
        }
        for (int j = 0; j < d; j++) {
            // What is below zero is rounding.
            values[j] = Math.max(0, values[j]);
        }
        return new RidgePath(equations, values, vectors, vectors.transposeTimes(equations.cross()));
    }

    /** Eigenvalues of the (centred) Gram matrix, ascending. */
    double[] eigenvalues() {
        return values.clone();
    }

    /** n, the sum of the weights. */
    double weight() {
        return equations.weight();
    }

    /** The sum of w (y - mean)^2 of each target, without an intercept of w y^2: in units of it scores of targets compare. */
    double[] targetSquares() {
        return equations.squares().clone();
    }

    /** The least lambda that can be solved for. */
    double least() {
        return Lambdas.least(size, weight(), equations.precision());
    }

    /** The default path, the largest lambda first. */
    double[] lambdas() {
        return lambdas(Lambdas.PATH);
    }

    /** A path of so many values, from l_max / n down to where hardly anything is shrunk any more, or to the least. */
    double[] lambdas(int count) {
        return Lambdas.path(largest, free(), weight(), count);
    }

    /** The lambda below which all but a part of {@value #SHRUNK} of the degrees of freedom that there are is free; at least the least. */
    private double free() {
        double least = size > 0 ? least() : Lambdas.least(1, weight(), equations.precision());
        double low = least;
        double high = largest > 0 ? largest / weight() : least;
        for (int i = 0; i < BISECTIONS && low < high; i++) {
            double middle = Math.sqrt(low) * Math.sqrt(high);
            if (shrunk(middle, weight() * least) > SHRUNK) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return low;
    }

    /** The part of the directions above a limit that this lambda takes away. */
    private double shrunk(double lambda, double limit) {
        double mu = weight() * lambda;
        double sum = 0;
        int count = 0;
        for (double value : values) {
            if (value > limit) {
                sum += mu / (value + mu);
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    /** Scores of many lambdas. */
    List<RidgeScore> scores(double[] lambdas) {
        List<RidgeScore> scores = new ArrayList<>();
        for (double lambda : lambdas) {
            scores.add(score(lambda));
        }
        return scores;
    }

    /** What the equations tell of the fit with this lambda. */
    RidgeScore score(double lambda) {
        double mu = mu(lambda);
        int t = equations.targets();
        double[] explained = new double[t];
        double[] norms = new double[t];
        double df = equations.intercept() ? 1 : 0;
        for (double value : values) {
            df += value / (value + mu);
        }
        for (int k = 0; k < t; k++) {
            double square = 0;
            for (int j = 0; j < values.length; j++) {
                double b = rotated.get(j, k);
                double w = b / (values[j] + mu);
                explained[k] += w * w * (values[j] + 2 * mu);
                square += w * w;
            }
            norms[k] = Math.sqrt(square);
        }
        return RidgeScore.of(equations, lambda, df, explained, norms, size);
    }

    /** The fit with this lambda. */
    LinearModel model(double lambda) {
        mu(lambda);
        return near(lambda);
    }

    /** The same for a lambda that is within limits for about these equations, such as those of all rows where these are of most. */
    LinearModel near(double lambda) {
        Matrix coefficients = vectors.times(filtered(weight() * lambda));
        return new LinearModel(lambda, coefficients, equations.intercepts(coefficients));
    }

    /** |B - (G + mu I) w| / |B| in Frobenius' norm, by the equations as they were summed; 0 where B is zero. */
    double residual(LinearModel model) {
        int d = equations.features();
        if (d == 0 || equations.targets() == 0) {
            return 0;
        }
        try (Arena arena = new Arena()) {
            long g = arena.doubles((long) d * d);
            RidgeCholesky.symmetric(equations, g, d);
            return RidgeCholesky.residual(
                    Backend.current(),
                    g,
                    weight() * model.lambda(),
                    model.coefficients().store(arena),
                    model.coefficients(),
                    equations.cross(),
                    arena);
        }
    }

    /** (L + mu)^-1 b, the coefficients in the coordinates of the eigenvectors. */
    Matrix filtered(double mu) {
        Matrix filtered = Matrix.zeros(values.length, equations.targets());
        for (int k = 0; k < equations.targets(); k++) {
            for (int j = 0; j < values.length; j++) {
                filtered.set(j, k, rotated.get(j, k) / (values[j] + mu));
            }
        }
        return filtered;
    }

    /** n lambda, of a lambda that can be solved for. */
    double mu(double lambda) {
        Lambdas.require(lambda, size, weight(), equations.precision());
        return weight() * lambda;
    }

    Centred equations() {
        return equations;
    }

    Matrix vectors() {
        return vectors;
    }

    /** l_max, with an intercept and n |mean(z)|^2: rounding is relative to it. */
    double size() {
        return size;
    }

    double[] values() {
        return values;
    }
}
