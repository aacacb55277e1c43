package lowrank.jobs;

/**
 * How a command ended.
 *
 * @param status {@code complete} or {@code skipped}
 * @param output where the result lies
 */
record Outcome(String status, String output) {}
