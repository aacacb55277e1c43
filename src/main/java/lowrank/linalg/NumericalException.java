package lowrank.linalg;

/** A computation broke down: the message says what was observed and what to try. */
public final class NumericalException extends RuntimeException {
    public NumericalException(String message) {
        super(message);
    }
}
