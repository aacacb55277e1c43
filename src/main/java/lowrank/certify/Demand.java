package lowrank.certify;

/**
 * Something that must hold before factors leave: {@code certify.require} in a spec.
 *
 * @param name {@code frobenius}, {@code spectral} or {@code orthogonality}
 * @param limit the largest value that is accepted; residuals are relative to the norms of the (centred) matrix
 * @param measured what was found
 */
public record Demand(String name, double limit, double measured) {

    /** Whether it holds; what could not be measured does not. */
    public boolean met() {
        return measured <= limit;
    }
}
