/**
 * Ridge regression on features: normal equations summed in one pass, the whole path of lambda from one eigendecomposition, scores by
 * GCV, folds and leave-one-out, one-vs-all classification, prediction. {@link lowrank.regress.RidgeLearner} chooses among them.
 *
 * <p>Tables have the features in column 0, targets in column 1 and, where rows are weighted, weights in column 2.
 */
package lowrank.regress;
