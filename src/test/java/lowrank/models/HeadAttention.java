package lowrank.models;

import lowrank.linalg.Matrix;

/** What an encoder asks of attention: the outputs of one head, one after the other in the order of layers and heads. */
@FunctionalInterface
public interface HeadAttention {
    /**
     * The outputs, a row for each token.
     *
     * @param layer from 0
     * @param head from 0, inside the layer
     * @param q queries, a row for each token, as the weights give them: not scaled
     * @param k keys
     * @param v values
     */
    Matrix outputs(int layer, int head, Matrix q, Matrix k, Matrix v);
}
