package lowrank.store;

/** There is already a result, or something else, where this one was to go. */
public final class OutputExistsException extends RuntimeException {
    public OutputExistsException(String message) {
        super(message);
    }
}
