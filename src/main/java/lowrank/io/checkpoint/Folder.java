package lowrank.io.checkpoint;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Files in a folder that belong to a checkpoint, by their names. */
record Folder(List<StoredFile> files) {

    /** The files of a folder in the order of their names, without those that begin with {@code _} or {@code .}. */
    static Folder list(HadoopConf conf, Path folder) {
        List<StoredFile> files = new ArrayList<>();
        try {
            for (FileStatus status : conf.fileSystem(folder).listStatus(folder)) {
                String name = status.getPath().getName();
                if (status.isFile() && !name.startsWith(".") && !name.startsWith("_")) {
                    files.add(file(status));
                }
            }
        } catch (IOException e) {
            throw StoredFile.cannotRead(folder.toString(), e);
        }
        files.sort(Comparator.comparing(StoredFile::path));
        return new Folder(files);
    }

    /** The files whose names fit. */
    List<StoredFile> named(Predicate<String> fits) {
        return files.stream()
                .filter(file -> fits.test(new Path(file.path()).getName()))
                .toList();
    }

    /** The files whose names end so. */
    List<StoredFile> ending(String ending) {
        return named(name -> name.endsWith(ending));
    }

    /**
     * A file as it is now.
     *
     * @param wanted why it should be there, for the message if it is not
     */
    static StoredFile file(HadoopConf conf, Path path, String wanted) {
        try {
            FileStatus status = conf.fileSystem(path).getFileStatus(path);
            if (status.isFile()) {
                return file(status);
            }
            throw new MissingInputException(path + " is no file, " + wanted);
        } catch (FileNotFoundException e) {
            throw new MissingInputException(path + " is not there, " + wanted);
        } catch (IOException e) {
            throw StoredFile.cannotRead(path.toString(), e);
        }
    }

    private static StoredFile file(FileStatus status) {
        return new StoredFile(status.getPath().toString(), status.getLen(), status.getModificationTime());
    }

    /**
     * Refuses a file that a link brings in from elsewhere: whoever wrote the file that names it must not choose what else is read.
     *
     * @param by the file that names it
     */
    static void requireInside(HadoopConf conf, StoredFile by, Path named) {
        FileSystem files = conf.fileSystem(named);
        if (!(files instanceof RawLocalFileSystem local)) {
            return; // only local file systems have links in use
        }
        try {
            java.nio.file.Path there = local.pathToFile(named).toPath();
            if (!java.nio.file.Files.isSymbolicLink(there)) {
                return;
            }
            java.nio.file.Path folder = there.getParent().toRealPath();
            if (!there.toRealPath().startsWith(folder)) {
                throw by.corrupt(
                        "names " + named.getName()
                                + ", which is a link out of its folder; copy the file itself there, as cp -L does",
                        null);
            }
        } catch (java.nio.file.NoSuchFileException e) {
            return; // whoever opens it will say so
        } catch (IOException e) {
            throw StoredFile.cannotRead(named.toString(), e);
        }
    }
}
