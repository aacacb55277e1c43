package lowrank.io;

/**
 * A file that cannot be read as what it claims to be, or a page whose checksum does not fit: exit 74. The message names the
 * file, the column and row group where they are known, and what to do.
 */
public final class CorruptFileException extends RuntimeException {
    public CorruptFileException(String message) {
        super(message);
    }

    public CorruptFileException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Travels without its cause: a decoder's exception may not be serialisable, and then Spark would lose this one too. */
    private Object writeReplace() {
        return new CorruptFileException(getMessage());
    }
}
