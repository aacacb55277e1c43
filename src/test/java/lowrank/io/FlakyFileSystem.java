package lowrank.io;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.TaskContext;

/**
 * The local disk under a name of its own, from which the first attempt of any task cannot open one file. Each failure leaves a file in a
 * folder, named after the stage and the partition.
 */
public final class FlakyFileSystem extends RawLocalFileSystem {
    public static final String SCHEME = "flaky";

    /** The key of the end of the file's name. */
    public static final String FILE = "lowrank.test.flaky-file";

    /** The key of the folder of failures. */
    public static final String FAILURES = "lowrank.test.flaky-failures";

    @Override
    public URI getUri() {
        return URI.create(SCHEME + ":///");
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    protected void checkPath(Path path) {}

    /** Without permissions, which the local file system asks of URIs of its own scheme alone. */
    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        FileStatus status = super.getFileStatus(path);
        return new FileStatus(
                status.getLen(),
                status.isDirectory(),
                1,
                status.getBlockSize(),
                status.getModificationTime(),
                makeQualified(path));
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        TaskContext task = TaskContext.get();
        if (task != null
                && task.attemptNumber() == 0
                && path.getName().endsWith(getConf().get(FILE))) {
            String failure = "stage-" + task.stageId() + "-partition-" + task.partitionId();
            java.nio.file.Path left = java.nio.file.Path.of(getConf().get(FAILURES), failure);
            if (!Files.exists(left)) {
                Files.createFile(left);
            }
            throw new IOException("a first attempt cannot read " + path.getName());
        }
        return super.open(path, bufferSize);
    }
}
