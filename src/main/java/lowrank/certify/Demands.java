package lowrank.certify;

/**
 * The limits that a spec sets, NaN where it sets none.
 *
 * @param frobenius relative Frobenius residual
 * @param spectral relative spectral residual
 * @param orthogonality max |U^T U - I| and max |V^T V - I|
 */
public record Demands(double frobenius, double spectral, double orthogonality) {
    /** Nothing demanded. */
    public static final Demands NONE = new Demands(Double.NaN, Double.NaN, Double.NaN);
}
