package lowrank.certify;

/**
 * How many features a ridge regression with penalty mu really uses: d_eff(mu) = tr K (K + mu I)^-1, bracketed from an approximation
 * K^ &lt;= K whose eigenvalues are known, as those of its features' Gram matrix, and tr(K - K^):
 *
 * <p>d_eff(K^) &lt;= d_eff(K) &lt;= d_eff(K^) + tr(K - K^) / mu, since x / (x + mu) is operator monotone and subadditive (Rotfel'd).
 *
 * @param lower of the approximation itself
 * @param upper infinite where the trace residual is not known
 */
record EffectiveDimension(double lower, double upper) {

    /**
     * The bracket.
     *
     * @param eigenvalues of K^ that are not 0
     * @param mu penalty: n lambda, or the sum of weights times lambda
     * @param traceResidual tr(K - K^), or infinite
     */
    static EffectiveDimension of(double[] eigenvalues, double mu, double traceResidual) {
        double sum = 0;
        for (double l : eigenvalues) {
            if (l > 0) {
                sum += l / (l + mu);
            }
        }
        return new EffectiveDimension(sum, sum + traceResidual / mu);
    }
}
