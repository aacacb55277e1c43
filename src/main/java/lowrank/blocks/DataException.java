package lowrank.blocks;

/** The input holds something that cannot be factored: the message names the place and the next step, never a value. */
public final class DataException extends RuntimeException {
    public DataException(String message) {
        super(message);
    }
}
