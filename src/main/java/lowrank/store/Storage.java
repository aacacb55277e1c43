package lowrank.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import lowrank.io.HadoopConf;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;

/**
 * What committing needs of a file system: a rename that never replaces and never nests, small files, and what is written being
 * on the disk before it gets its name.
 */
record Storage(HadoopConf conf, FileSystem fs) {
    private static final Set<String> ATOMIC_RENAME = Set.of("file", "hdfs", "viewfs");

    /** The file system of a path. */
    static Storage of(HadoopConf conf, Path path) {
        return new Storage(conf, conf.fileSystem(path));
    }

    /** A file system error with the place in it. */
    static UncheckedIOException failed(String what, Path where, IOException e) {
        return new UncheckedIOException(what + " " + where + " failed: " + e.getMessage(), e);
    }

    Path qualified(Path path) {
        return fs.makeQualified(path);
    }

    /**
     * Where a path leads once links are followed, as far as it is there.
     *
     * @throws UncheckedIOException if they lead in a circle
     */
    String real(Path path) {
        Path whole = qualified(path);
        if (!isLocal(whole)) {
            return whole.toString();
        }
        java.nio.file.Path there = local(whole);
        while (there.getParent() != null && !Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
            there = there.getParent();
        }
        try {
            java.nio.file.Path rest = there.relativize(local(whole));
            return whole.toUri().getScheme() + ":" + there.toRealPath().resolve(rest);
        } catch (IOException e) {
            throw failed("following links of", path, e);
        }
    }

    /** Whether a folder can get its name in one step; object stores copy file by file. */
    static boolean renames(Path path) {
        return ATOMIC_RENAME.contains(path.toUri().getScheme());
    }

    boolean exists(Path path) throws IOException {
        return fs.exists(path);
    }

    boolean isEmptyFolder(Path path) throws IOException {
        return fs.exists(path) && fs.getFileStatus(path).isDirectory() && fs.listStatus(path).length == 0;
    }

    void delete(Path path) throws IOException {
        fs.delete(path, true);
    }

    void makeFolder(Path path) throws IOException {
        if (!fs.mkdirs(path)) {
            throw new IOException("the file system refused");
        }
    }

    List<FileStatus> list(Path folder) throws IOException {
        return List.of(fs.listStatus(folder));
    }

    /** The latest change of anything in a folder, in milliseconds. */
    long lastChange(FileStatus status) throws IOException {
        long last = status.getModificationTime();
        if (status.isDirectory()) {
            for (FileStatus inner : fs.listStatus(status.getPath())) {
                last = Math.max(last, lastChange(inner));
            }
        }
        return last;
    }

    String text(Path file) {
        try (FSDataInputStream in = fs.open(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw failed("reading", file, e);
        }
    }

    /** Writes a small file, through to the disks where the file system can. */
    void write(Path file, String text) {
        try (FSDataOutputStream out = fs.create(file, true)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            if (out.hasCapability(StreamCapabilities.HSYNC)) {
                out.hsync();
            }
        } catch (IOException e) {
            throw failed("writing", file, e);
        }
    }

    /** An atomic rename that never replaces and never nests. */
    void rename(Path from, Path to) throws IOException {
        try {
            if (isLocal(from)) {
                if (Files.exists(local(to)) && !isEmptyFolder(to)) {
                    throw new FileAlreadyExistsException(to.toString());
                }
                Files.move(local(from), local(to), StandardCopyOption.ATOMIC_MOVE);
            } else {
                if (isEmptyFolder(to)) {
                    fs.delete(to, false);
                }
                FileContext.getFileContext(from.toUri(), conf.get()).rename(from, to);
            }
        } catch (FileAlreadyExistsException
                | java.nio.file.FileAlreadyExistsException
                | java.nio.file.DirectoryNotEmptyException e) {
            throw new OutputExistsException(to + " was written by another run meanwhile; choose another path");
        }
    }

    /**
     * Makes a folder survive a loss of power under the name it will get: its files, then its folders from the innermost on.
     * Elsewhere than on local disks closing a file is all there is; HDFS keeps it in the memory of several machines until then.
     */
    void sync(Path folder) throws IOException {
        if (!isLocal(folder)) {
            return;
        }
        List<java.nio.file.Path> all;
        try (Stream<java.nio.file.Path> walk = Files.walk(local(folder))) {
            all = walk.filter(path -> !Files.isSymbolicLink(path)).toList();
        }
        // A walk names a folder before what is in it.
        for (int i = all.size() - 1; i >= 0; i--) {
            force(all.get(i));
        }
    }

    /** Makes names in a folder survive a loss of power. */
    void syncNames(Path folder) throws IOException {
        if (isLocal(folder)) {
            force(local(folder));
        }
    }

    private static void force(java.nio.file.Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Not every system opens folders; where it does not, names are its own affair.
            if (!Files.isDirectory(path)) {
                throw e;
            }
        }
    }

    private static boolean isLocal(Path path) {
        return path.toUri().getScheme().equals("file");
    }

    private static java.nio.file.Path local(Path path) {
        return java.nio.file.Path.of(path.toUri());
    }
}
