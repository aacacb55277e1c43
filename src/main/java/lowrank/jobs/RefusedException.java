package lowrank.jobs;

/** The plan says that a job cannot run as it is: too little memory, too many columns. The message says the way out. */
final class RefusedException extends RuntimeException {
    RefusedException(String message) {
        super(message);
    }
}
