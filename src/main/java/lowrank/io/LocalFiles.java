package lowrank.io;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * Local files without the processes that Hadoop starts where its native library is missing: a {@code chmod} for each file and folder
 * that is created, an {@code ls} for each file that is listed.
 */
final class LocalFiles extends RawLocalFileSystem {
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    @Override
    public void setPermission(Path path, FsPermission permission) throws IOException {
        if (POSIX && !permission.getStickyBit()) {
            File file = pathToFile(path);
            Files.setPosixFilePermissions(file.toPath(), PosixFilePermissions.fromString(permission.toString()));
        } else {
            super.setPermission(path, permission);
        }
    }

    @Override
    protected RemoteIterator<LocatedFileStatus> listLocatedStatus(Path folder, PathFilter filter) throws IOException {
        RemoteIterator<FileStatus> all = RemoteIterators.remoteIteratorFromArray(listStatus(folder, filter));
        return RemoteIterators.mappingRemoteIterator(all, LocalFiles::located);
    }

    /** Without owner and permission, which nobody asks for. */
    private static LocatedFileStatus located(FileStatus status) {
        return new LocatedFileStatus(
                status.getLen(),
                status.isDirectory(),
                status.getReplication(),
                status.getBlockSize(),
                status.getModificationTime(),
                status.getAccessTime(),
                null,
                null,
                null,
                null,
                status.getPath(),
                null);
    }
}
