package lowrank.jobs;

/** A demand of the spec was not met; what was found is beside the output. */
final class RejectedException extends RuntimeException {
    private final String place;

    RejectedException(String message, String place) {
        super(message);
        this.place = place;
    }

    /** Where the rejected result lies. */
    String place() {
        return place;
    }
}
