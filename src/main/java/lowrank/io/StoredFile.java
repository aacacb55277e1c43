package lowrank.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import lowrank.blocks.DataException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A file as it was when the run looked at it first. */
public record StoredFile(String path, long length, long modified) implements Serializable {

    /** What the file system says of a file now. */
    public static StoredFile look(HadoopConf conf, String path) {
        Path file = new Path(path);
        FileSystem files = conf.fileSystem(file);
        try {
            FileStatus status = files.getFileStatus(file);
            return new StoredFile(path, status.getLen(), status.getModificationTime());
        } catch (FileNotFoundException e) {
            throw new MissingInputException(
                    path + " is gone, or may not be read: check read.path, and that nothing removes files meanwhile");
        } catch (IOException e) {
            throw cannotRead(path, e);
        }
    }

    /** Opens it, unless it has changed. */
    public FSDataInputStream open(HadoopConf conf) {
        StoredFile now = look(conf, path);
        if (!now.equals(this)) {
            throw new DataException(
                    path + " has changed since the run began: run again when nothing writes to it any more");
        }
        Path file = new Path(path);
        try {
            return conf.fileSystem(file).open(file);
        } catch (IOException e) {
            throw cannotRead(path, e);
        }
    }

    public static UncheckedIOException cannotRead(String path, IOException e) {
        return new UncheckedIOException(path + " cannot be read: " + e.getMessage(), e);
    }

    public CorruptFileException corrupt(String what, Exception cause) {
        return new CorruptFileException(path + " " + what + ": write it again, or remove it", cause);
    }

    /** What identifies the file, with a digest of what was read of it. */
    public String listing(String name, String digest) {
        return name + "\t" + length + "\t" + modified + "\t" + digest;
    }

    public static String sha256(ByteBuffer bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
