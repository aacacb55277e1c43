package lowrank.io;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** The local disk under a name of its own, which lists every folder in an order that a number decides. */
public final class ShuffledFileSystem extends RawLocalFileSystem {
    public static final String SCHEME = "shuffled";

    /** The key of the number. */
    public static final String SEED = "lowrank.test.listing-order";

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

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        return plain(super.getFileStatus(path));
    }

    /** Without the owner, which is only asked for under file: paths. */
    private static FileStatus plain(FileStatus file) {
        return new FileStatus(
                file.getLen(),
                file.isDirectory(),
                file.getReplication(),
                file.getBlockSize(),
                file.getModificationTime(),
                file.getPath());
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        List<FileStatus> files = new ArrayList<>();
        for (FileStatus file : super.listStatus(path)) {
            files.add(plain(file));
        }
        Collections.sort(files);
        Collections.shuffle(files, new Random(getConf().getLong(SEED, 0)));
        return files.toArray(FileStatus[]::new);
    }
}
