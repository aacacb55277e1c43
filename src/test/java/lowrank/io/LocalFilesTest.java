package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against Hadoop's own local file system. */
class LocalFilesTest {
    @TempDir
    private java.nio.file.Path folder;

    private final Configuration conf = new Configuration();
    private final FileSystem theirs = new RawLocalFileSystem();
    private FileSystem ours;

    @BeforeEach
    void open() throws Exception {
        ours = new HadoopConf(conf).fileSystem(new Path("file:" + folder));
        theirs.initialize(ours.getUri(), conf);
        assertThat(ours).isInstanceOf(LocalFiles.class);
    }

    @Test
    void permissionsAreThoseOfHadoop() throws Exception {
        conf.set("fs.permissions.umask-mode", "027");
        for (FileSystem files : List.of(ours, theirs)) {
            Path base = new Path("file:" + folder.resolve(files == ours ? "ours" : "theirs"));
            files.mkdirs(base);
            files.create(new Path(base, "file")).close();
        }
        for (String name : List.of("", "file")) {
            assertThat(permissions("ours", name)).isEqualTo(permissions("theirs", name));
        }
        assertThat(permissions("ours", "file")).isEqualTo("rw-r-----");
    }

    private String permissions(String base, String name) throws Exception {
        return PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve(base).resolve(name)));
    }

    @Test
    void listingIsThatOfHadoop() throws Exception {
        Files.createDirectories(folder.resolve("a/b"));
        Files.write(folder.resolve("a/b/one"), new byte[3]);
        Files.write(folder.resolve("two"), new byte[5]);
        assertThat(all(ours)).isEqualTo(all(theirs)).hasSize(2);
    }

    private List<String> all(FileSystem files) throws Exception {
        List<String> all = new ArrayList<>();
        RemoteIterator<LocatedFileStatus> found = files.listFiles(new Path("file:" + folder), true);
        while (found.hasNext()) {
            LocatedFileStatus file = found.next();
            all.add(file.getPath() + " " + file.getLen() + " " + file.getModificationTime() + " " + file.isFile());
        }
        all.sort(null);
        return all;
    }
}
