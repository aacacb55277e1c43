package lowrank.regress;

/** Normal equations cannot be solved for a lambda: rounding leaves nothing of it. {@link ConjugateGradients} may. */
public final class LambdaTooSmallException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    LambdaTooSmallException(String message) {
        super(message);
    }
}
