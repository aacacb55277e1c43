package lowrank.certify;

/**
 * How many features a ridge regression with penalty mu really uses: d_eff(mu) = tr K (K + mu I)^-1, bracketed from an approximation
 * K^ &lt;= K whose eigenvalues are known, as those of its features' Gram matrix, and tr(K - K^):
 *
 * <p>d_eff(K^) &lt;= d_eff(K) &lt;= d_eff(K^) + tr(K - K^) / mu, since x / (x + mu) is operator monotone and subadditive (Rotfel'd).
 *
 * <p>With an intercept the eigenvalues are those of the centred K^, which has one direction less: theirs interlace with those of K^
 * (Cauchy), so that d_eff(K^) is larger by at most l_1 / (l_1 + mu), l_1 <= tr K^.
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
     * @param centred tr K^ before it was centred, 0 where it was not
     */
    static EffectiveDimension of(double[] eigenvalues, double mu, double traceResidual, double centred) {
        double sum = 0;
        for (double l : eigenvalues) {
            if (l > 0) {
                sum += l / (l + mu);
            }
        }
        return new EffectiveDimension(sum, sum + traceResidual / mu + centred / (centred + mu));
    }
}
