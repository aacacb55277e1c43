package lowrank.io;

/** There is nothing to read where the spec points. */
public final class MissingInputException extends RuntimeException {
    public MissingInputException(String message) {
        super(message);
    }
}
