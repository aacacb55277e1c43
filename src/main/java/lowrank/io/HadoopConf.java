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
     * @throws UncheckedIOException if the path's scheme is unknown, or its file system cannot be reached
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
        } catch (IOException e) {
            throw new UncheckedIOException("the file system of " + path + " cannot be opened: " + e.getMessage(), e);
        }
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
