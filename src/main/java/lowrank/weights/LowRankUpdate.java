package lowrank.weights;

import lowrank.factor.Product;
import lowrank.linalg.Matrix;

/**
 * W + U V^T, a matrix and a change of low rank that is kept apart from it. A change u v^T adds (v . x) u to W x: always in the direction
 * of u, as large as |x| |v| |u| times the cosine between x and v, so among inputs of one length most for those along v.
 *
 * @param weight out x in
 * @param change out x in
 */
public record LowRankUpdate(Matrix weight, Product change) {
    public LowRankUpdate {
        if (weight.rows() != change.rows() || weight.cols() != change.cols()) {
            throw new IllegalArgumentException("a change of " + change.rows() + " x " + change.cols()
                    + " does not fit a matrix of " + weight.rows() + " x " + weight.cols());
        }
    }

    /** Nothing changed yet. */
    public static LowRankUpdate of(Matrix weight) {
        return new LowRankUpdate(weight, new Product(Matrix.zeros(weight.rows(), 0), Matrix.zeros(weight.cols(), 0)));
    }

    /** With u v^T added to the change. */
    public LowRankUpdate plus(double[] u, double[] v) {
        return new LowRankUpdate(weight, change.plus(Product.rankOne(u, v)));
    }

    /** W X + U (V^T X), X being inputs side by side. <b>Cost</b>: beyond W X, 2 (out + in) k flops an input. */
    public Matrix apply(Matrix inputs) {
        return weight.times(inputs).plus(change.times(inputs));
    }

    /** W + U V^T as one matrix. */
    public Matrix merged() {
        return weight.plus(change.left().timesTranspose(change.right()));
    }
}
