package lowrank.io;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.util.VersionInfo;

/**
 * A Hadoop configuration that travels to tasks.
 *
 * <p>Local files are opened without Hadoop's {@code .crc} sidecar files, which cost a quarter of the reading rate and more than
 * half of the writing rate; pages carry checksums of their own.
 */
public final class HadoopConf implements Serializable {
    private transient Configuration configuration;

    public HadoopConf(Configuration configuration) {
        this.configuration = configuration;
    }

    /** The configuration itself, not a copy. */
    public Configuration get() {
        return configuration;
    }

    /**
     * The file system of a path.
     *
     * @throws IllegalArgumentException if there is no connector for the path's scheme
     * @throws UncheckedIOException if its file system cannot be reached
     */
    public FileSystem fileSystem(Path path) {
        URI uri = path.toUri().getScheme() == null ? FileSystem.getDefaultUri(configuration) : path.toUri();
        try {
            if ("file".equals(uri.getScheme())) {
                FileSystem local = new LocalFiles();
                local.initialize(URI.create("file:///"), configuration);
                return local;
            }
            return path.getFileSystem(configuration);
        } catch (UnsupportedFileSystemException e) {
            throw noConnector(path, uri.getScheme(), e);
        } catch (RuntimeException e) {
            // Hadoop knows the names of some classes that it does not ship.
            if (e.getCause() instanceof ClassNotFoundException) {
                throw noConnector(path, uri.getScheme(), e);
            }
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException("the file system of " + path + " cannot be opened: " + e.getMessage(), e);
        }
    }

    private static IllegalArgumentException noConnector(Path path, String scheme, Exception cause) {
        String jar = switch (scheme) {
            case "s3a" -> "hadoop-aws with the AWS SDK's bundle";
            case "s3", "s3n" -> "that of s3a, hadoop-aws with the AWS SDK's bundle (and write s3a:// in the path)";
            case "gs" -> "gcs-connector, its shaded jar for Hadoop 3";
            case "abfs", "abfss", "wasb", "wasbs" -> "hadoop-azure";
            case "oss" -> "hadoop-aliyun";
            default -> "a jar with a Hadoop FileSystem for it";
        };
        return new IllegalArgumentException(
                path + " is on " + scheme + "://, for which there is no connector here: put " + jar
                        + ", for Hadoop " + VersionInfo.getVersion()
                        + ", into lib/ (see lib/README.md), or name it with --packages",
                cause);
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
        DataOutputStream data = new DataOutputStream(out);
        configuration.write(data);
        data.flush();
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        configuration = new Configuration(false);
        configuration.readFields(new DataInputStream(in));
    }
}
