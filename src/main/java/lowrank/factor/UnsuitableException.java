package lowrank.factor;

/** An algorithm cannot take a matrix of this shape: the message says which can, or what to change. */
public final class UnsuitableException extends IllegalArgumentException {
    public UnsuitableException(String message) {
        super(message);
    }
}
