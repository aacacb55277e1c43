package lowrank.jobs;

/** A job spec or command line that cannot be carried out: the message names the key and the next step. */
final class SpecException extends RuntimeException {
    SpecException(String message) {
        super(message);
    }
}
