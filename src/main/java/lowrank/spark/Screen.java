package lowrank.spark;

import java.io.PrintStream;
import java.util.function.Consumer;

/**
 * Where the progress of a pass is shown: on one line of a terminal, again and again, or now and then in a log.
 *
 * @param everyNanos least time between two lines
 */
record Screen(long everyNanos, Consumer<String> show, Runnable clear) {
    /** Number of columns of the terminal that standard error is; the launcher sets it where there is one. */
    static final String TERMINAL = "lowrank.terminal";

    private static final long TERMINAL_NANOS = 200_000_000L;
    private static final long LOG_NANOS = 10_000_000_000L;
    private static final String CLEAR = "\u001b[K\r";

    /** The screen of this process. */
    static Screen of(PrintStream err, Consumer<String> log) {
        Integer columns = Integer.getInteger(TERMINAL);
        return columns == null ? log(log) : terminal(err, columns);
    }

    /** A line that the next one replaces; the cursor waits at its start, so that a log message replaces it too. */
    static Screen terminal(PrintStream err, int columns) {
        return new Screen(
                TERMINAL_NANOS,
                line -> {
                    err.print(line.substring(0, Math.min(line.length(), Math.max(1, columns - 1))) + CLEAR);
                    err.flush();
                },
                () -> {
                    err.print(CLEAR);
                    err.flush();
                });
    }

    /** Lines that stay, and therefore few. */
    static Screen log(Consumer<String> log) {
        return new Screen(LOG_NANOS, log, () -> {});
    }
}
