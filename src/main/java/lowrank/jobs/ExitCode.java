package lowrank.jobs;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import lowrank.blocks.DataException;
import lowrank.factor.UnsuitableException;
import lowrank.io.CorruptFileException;
import lowrank.io.MissingInputException;
import lowrank.linalg.NumericalException;
import lowrank.store.OutputExistsException;
import org.apache.spark.SparkException;
import picocli.CommandLine;

/**
 * The exit codes of all commands, and the failure behind each: the codes of sysexits.h. Memory that runs out all the same, here or in a
 * task and its retries, is REFUSED; an executor that is killed for its memory by who runs it is CLUSTER.
 */
enum ExitCode {
    DONE(0),
    USAGE(64),
    DATA(65),
    INPUT(66),
    CLUSTER(69),
    NUMERICAL(70),
    OUTPUT_EXISTS(73),
    IO(74),
    REFUSED(78);

    private static final Pattern EXECUTOR_OUT_OF_MEMORY =
            Pattern.compile("java\\.lang\\.OutOfMemoryError|(code|status)[: ]+52\\b");

    /** What the JDK passes on of a full disk. */
    private static final String NO_SPACE = "No space left on device";

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** The code of a failure, by the first cause that is known. */
    static ExitCode of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            ExitCode code = known(cause);
            if (code != null) {
                return code;
            }
        }
        return failure instanceof SparkException ? CLUSTER : NUMERICAL;
    }

    /** The failure whose message a user should read. */
    static Throwable telling(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (known(cause) != null) {
                return cause;
            }
        }
        return failure;
    }

    /** Whether the session was stopped under a run, as by a signal. Spark has no type of its own for it. */
    private static boolean isStopped(Throwable cause) {
        return cause instanceof IllegalStateException
                && cause.getMessage() != null
                && cause.getMessage().contains("stopped SparkContext");
    }

    /** Whether memory ran out here, in a task, or in an executor that ended itself for it: Spark's code for that is 52. */
    private static boolean isOutOfMemory(Throwable cause) {
        return cause instanceof OutOfMemoryError
                || cause instanceof SparkException
                        && cause.getMessage() != null
                        && EXECUTOR_OUT_OF_MEMORY.matcher(cause.getMessage()).find();
    }

    /** What a user reads of a failure: one sentence. */
    static String sentence(Throwable failure) {
        Throwable telling = telling(failure);
        if (isOutOfMemory(telling)) {
            String what = telling instanceof OutOfMemoryError && telling.getMessage() != null
                    ? telling.getMessage()
                    : "in a task";
            return "memory ran out (" + what
                    + "), and nothing of the run is visible; raise --driver-memory, on a cluster"
                    + " --executor-memory, or use fewer cores, or lower features.size or factor.rank";
        }
        if (isStopped(telling)) {
            return "the run was stopped before it was complete, and nothing of it is visible; run it again";
        }
        if (telling.getMessage() != null && telling.getMessage().contains(NO_SPACE)) {
            return "the disk is full, and nothing of the run is visible; make room below write.path, and where"
                    + " spark.local.dir is, and run it again";
        }
        return telling.getMessage() == null ? telling.toString() : telling.getMessage();
    }

    private static ExitCode known(Throwable cause) {
        if (cause instanceof RefusedException || cause instanceof UnsuitableException || isOutOfMemory(cause)) {
            return REFUSED;
        }
        if (cause instanceof SpecException
                || cause instanceof CommandLine.ParameterException
                || cause instanceof IllegalArgumentException) {
            return USAGE;
        }
        if (isStopped(cause)) {
            return CLUSTER;
        }
        if (cause instanceof DataException) {
            return DATA;
        }
        if (cause instanceof MissingInputException || cause instanceof FileNotFoundException) {
            return INPUT;
        }
        if (cause instanceof NumericalException || cause instanceof RejectedException) {
            return NUMERICAL;
        }
        if (cause instanceof OutputExistsException) {
            return OUTPUT_EXISTS;
        }
        if (cause instanceof CorruptFileException
                || cause instanceof UncheckedIOException
                || cause instanceof IOException) {
            return IO;
        }
        return null;
    }
}
