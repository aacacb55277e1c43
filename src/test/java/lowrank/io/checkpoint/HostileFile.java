package lowrank.io.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import org.apache.hadoop.conf.Configuration;

/**
 * A file made to break a reader.
 *
 * @param what is wrong with it
 * @param error how it is refused: by exit code 74, 65 or 66
 * @param says what the message says beside the file's name
 */
record HostileFile(String what, byte[] bytes, Class<? extends RuntimeException> error, String says) {
    private static final HadoopConf CONF = new HadoopConf(new Configuration(false));
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static HostileFile corrupt(String what, byte[] bytes, String says) {
        return new HostileFile(what, bytes, CorruptFileException.class, says);
    }

    static HostileFile unread(String what, byte[] bytes, String says) {
        return new HostileFile(what, bytes, DataException.class, says);
    }

    static HostileFile missing(String what, byte[] bytes, String says) {
        return new HostileFile(what, bytes, MissingInputException.class, says);
    }

    /** The file, under a name, must be refused as it should be, in a sentence and without much memory. */
    void requireRefused(Path folder, String name) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        Throwable thrown = open(file);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        open(file); // now that all classes are loaded
        long taken = THREADS.getCurrentThreadAllocatedBytes() - before;

        assertThat(thrown)
                .isExactlyInstanceOf(error)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining(says);
        assertThat(thrown.getMessage()).hasSizeLessThan(2_000).doesNotContain("null", "Exception");
        assertThat(taken).isLessThan(Fuzzed.most(bytes));
    }

    private static Throwable open(Path file) {
        return catchThrowable(() -> Checkpoint.open(CONF, file.toString()));
    }

    @Override
    public String toString() {
        return what;
    }
}
