package lowrank.store;

import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local disk under the name of HDFS, on which a process dies at its n-th change: that change and all later ones fail, as
 * they would for a process that was killed before it.
 */
public final class CrashingFileSystem extends FilterFileSystem {
    static final String BUDGET = "lowrank.test.changes-before-crash";

    /** Changes left, by the name of the run; a run has one count over all file system objects it opens. */
    private static final java.util.Map<String, AtomicInteger> LEFT = new java.util.concurrent.ConcurrentHashMap<>();

    private AtomicInteger left;

    public CrashingFileSystem() {
        super(new RawLocalFileSystem());
    }

    /** A configuration in which {@code hdfs:} is this file system and dies after so many changes. */
    static Configuration dyingAfter(String run, int changes) {
        LEFT.put(run, new AtomicInteger(changes));
        Configuration conf = new Configuration();
        conf.set("fs.hdfs.impl", CrashingFileSystem.class.getName());
        conf.setBoolean("fs.hdfs.impl.disable.cache", true);
        conf.set("fs.AbstractFileSystem.hdfs.impl", ForContext.class.getName());
        conf.set(BUDGET, run);
        return conf;
    }

    @Override
    public void initialize(URI name, Configuration conf) throws IOException {
        fs.initialize(URI.create("file:///"), conf);
        left = LEFT.get(conf.get(BUDGET));
        setConf(conf);
    }

    @Override
    public URI getUri() {
        return URI.create("hdfs://test:8020");
    }

    @Override
    protected int getDefaultPort() {
        return 8020;
    }

    @Override
    public String getScheme() {
        return "hdfs";
    }

    private void change() throws IOException {
        if (left.decrementAndGet() < 0) {
            throw new IOException("the process is dead");
        }
    }

    private static Path local(Path path) {
        return new Path("file", null, path.toUri().getPath());
    }

    private static Path hdfs(Path path) {
        return new Path("hdfs", "test:8020", path.toUri().getPath());
    }

    @Override
    protected void checkPath(Path path) {}

    @Override
    public Path makeQualified(Path path) {
        return hdfs(path);
    }

    @Override
    public FSDataOutputStream create(
            Path path,
            FsPermission permission,
            boolean overwrite,
            int buffer,
            short replication,
            long block,
            Progressable progress)
            throws IOException {
        change();
        return fs.create(local(path), permission, overwrite, buffer, replication, block, progress);
    }

    @Override
    public org.apache.hadoop.fs.FSDataInputStream open(Path path, int buffer) throws IOException {
        return fs.open(local(path), buffer);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        change();
        return fs.rename(local(from), local(to));
    }

    /** As HDFS does it: never onto something that exists. */
    @Override
    protected void rename(Path from, Path to, org.apache.hadoop.fs.Options.Rename... options) throws IOException {
        if (fs.exists(local(to))) {
            throw new org.apache.hadoop.fs.FileAlreadyExistsException(to.toString());
        }
        rename(from, to);
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        change();
        return fs.delete(local(path), recursive);
    }

    @Override
    public boolean mkdirs(Path path) throws IOException {
        change();
        return fs.mkdirs(local(path));
    }

    @Override
    public boolean mkdirs(Path path, FsPermission permission) throws IOException {
        return mkdirs(path);
    }

    @Override
    public org.apache.hadoop.fs.FileStatus getFileStatus(Path path) throws IOException {
        org.apache.hadoop.fs.FileStatus status = fs.getFileStatus(local(path));
        status.setPath(hdfs(status.getPath()));
        return status;
    }

    @Override
    public org.apache.hadoop.fs.FileStatus getFileLinkStatus(Path path) throws IOException {
        return getFileStatus(path);
    }

    @Override
    public org.apache.hadoop.fs.FileStatus[] listStatus(Path path) throws IOException {
        org.apache.hadoop.fs.FileStatus[] list = fs.listStatus(local(path));
        for (org.apache.hadoop.fs.FileStatus status : list) {
            status.setPath(hdfs(status.getPath()));
        }
        return list;
    }

    /** The same under a scheme that has no atomic rename. */
    public static final class AsStore extends FilterFileSystem {
        public AsStore() {
            super(new RawLocalFileSystem());
        }

        @Override
        public void initialize(URI name, Configuration conf) throws IOException {
            fs.initialize(URI.create("file:///"), conf);
            setConf(conf);
        }

        @Override
        public URI getUri() {
            return URI.create("store://test");
        }

        @Override
        protected void checkPath(Path path) {}

        @Override
        public Path makeQualified(Path path) {
            return new Path("store", "test", path.toUri().getPath());
        }

        @Override
        public FSDataOutputStream create(
                Path path,
                FsPermission permission,
                boolean overwrite,
                int buffer,
                short replication,
                long block,
                Progressable progress)
                throws IOException {
            return fs.create(local(path), permission, overwrite, buffer, replication, block, progress);
        }

        @Override
        public org.apache.hadoop.fs.FSDataInputStream open(Path path, int buffer) throws IOException {
            return fs.open(local(path), buffer);
        }

        @Override
        public boolean delete(Path path, boolean recursive) throws IOException {
            return fs.delete(local(path), recursive);
        }

        @Override
        public boolean mkdirs(Path path) throws IOException {
            return fs.mkdirs(local(path));
        }

        @Override
        public boolean mkdirs(Path path, FsPermission permission) throws IOException {
            return fs.mkdirs(local(path));
        }

        @Override
        public org.apache.hadoop.fs.FileStatus getFileStatus(Path path) throws IOException {
            return fs.getFileStatus(local(path));
        }

        @Override
        public org.apache.hadoop.fs.FileStatus[] listStatus(Path path) throws IOException {
            return fs.listStatus(local(path));
        }
    }

    /** The same for {@code FileContext}. */
    public static final class ForContext extends DelegateToFileSystem {
        public ForContext(URI uri, Configuration conf) throws IOException, java.net.URISyntaxException {
            super(URI.create("hdfs://test:8020"), opened(conf), conf, "hdfs", true);
        }

        private static FileSystem opened(Configuration conf) throws IOException {
            CrashingFileSystem files = new CrashingFileSystem();
            files.initialize(URI.create("hdfs://test:8020"), conf);
            return files;
        }

        @Override
        public int getUriDefaultPort() {
            return 8020;
        }
    }
}
