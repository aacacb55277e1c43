package lowrank.regress;

/**
 * Scores of the lambdas that were tried, in that order, each a mean over targets; NaN where something was not computed.
 *
 * @param gcv generalised cross-validation
 * @param cvError mean squared error (of classes an error rate) over folds
 * @param looError mean squared error, leaving one row out
 * @param df effective degrees of freedom
 */
public record LambdaPath(double[] lambda, double[] gcv, double[] cvError, double[] looError, double[] df) {}
