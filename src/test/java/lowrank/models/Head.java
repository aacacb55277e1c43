package lowrank.models;

import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/**
 * What goes into one head of attention.
 *
 * @param layer its first key
 * @param head its second key
 * @param q queries, a row for each position
 * @param k keys, as many and as wide
 * @param v values, as many
 */
public record Head(int layer, int head, Matrix q, Matrix k, Matrix v) {
    /** n. */
    public int positions() {
        return q.rows();
    }

    /** Queries and keys of normal numbers times a scale, values of normal numbers, all as floats hold them. */
    public static Head normal(int layer, int head, int rows, int width, int values, double scale, long seed) {
        return new Head(
                layer,
                head,
                normal(rows, width, scale, seed),
                normal(rows, width, scale, seed + 1),
                normal(rows, values, 1, seed + 2));
    }

    private static Matrix normal(int rows, int cols, double scale, long seed) {
        Philox random = new Philox(seed, 9);
        double[] row = new double[cols];
        Matrix all = Matrix.zeros(rows, cols);
        for (int i = 0; i < rows; i++) {
            random.gaussians(i, 0, row, 0, cols);
            for (int j = 0; j < cols; j++) {
                all.set(i, j, (float) (scale * row[j]));
            }
        }
        return all;
    }
}
