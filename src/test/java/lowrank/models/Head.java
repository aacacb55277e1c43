package lowrank.models;

import lowrank.linalg.Matrix;

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
}
