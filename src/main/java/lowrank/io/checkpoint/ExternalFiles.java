package lowrank.io.checkpoint;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.HashMap;
import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Files beside a model that hold values of its tensors. A model names them, and a model may be an enemy's: only a plain name in the
 * model's own folder is opened, and no link.
 */
final class ExternalFiles {
    /** Exporters write one file for all, or one for each tensor. */
    private static final int MOST_FILES = 100_000;

    private static final int MOST_KEY = 64;
    private static final int MOST_DIGITS = 18;

    private final HadoopConf conf;
    private final StoredFile model;
    private final Map<String, StoredFile> files = new HashMap<>();

    /** Where the values of a tensor lie. */
    record Range(StoredFile file, long offset) {}

    ExternalFiles(HadoopConf conf, StoredFile model) {
        this.conf = conf;
        this.model = model;
    }

    StoredFile model() {
        return model;
    }

    /** Adds a key and its value: where values lie is told by such pairs. */
    static void entry(ProtoFields fields, Map<String, String> entries) {
        ProtoFields pair = fields.message("place of external values");
        String key = "";
        String value = "";
        while (pair.next()) {
            switch (pair.field()) {
                case 1 -> key = pair.text("key of external values", MOST_KEY);
                case 2 -> value = pair.text("place of external values", OnnxTensor.MOST_NAME);
                default -> {}
            }
        }
        if (entries.putIfAbsent(key, value) != null) {
            throw fields.corrupt("says twice where external values lie");
        }
    }

    /** The range that entries describe, which must be {@code bytes} long. */
    Range range(String tensor, Map<String, String> entries, long bytes) {
        StoredFile file = file(tensor, entries.getOrDefault("location", ""));
        long offset = number(tensor, entries.getOrDefault("offset", "0"));
        long length = number(tensor, entries.getOrDefault("length", String.valueOf(bytes)));
        if (length != bytes) {
            throw model.corrupt(
                    "has " + length + " bytes of values for tensor " + tensor + ", where its shape asks for " + bytes,
                    null);
        }
        if (offset > file.length() || bytes > file.length() - offset) {
            throw file.corrupt("ends before the last value of tensor " + tensor, null);
        }
        return new Range(file, offset);
    }

    private long number(String tensor, String digits) {
        if (digits.isEmpty() || digits.length() > MOST_DIGITS || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw model.corrupt("has no valid place of the values of tensor " + tensor, null);
        }
        return Long.parseLong(digits);
    }

    private StoredFile file(String tensor, String location) {
        StoredFile known = files.get(location);
        if (known != null) {
            return known;
        }
        if (!plain(location)) {
            throw new DataException(model.path() + ": values of tensor " + tensor
                    + " lie outside the model's folder, or in no file; only a plain file name is followed: put the file"
                    + " beside the model and name it so");
        }
        if (files.size() == MOST_FILES) {
            throw model.corrupt("names more than " + MOST_FILES + " files of values", null);
        }
        String path = model.path().substring(0, model.path().lastIndexOf('/') + 1) + location;
        refuseLinks(tensor, location, new Path(path));
        StoredFile file = StoredFile.look(conf, path);
        files.put(location, file);
        return file;
    }

    private static boolean plain(String location) {
        return !location.isBlank()
                && !location.equals(".")
                && !location.equals("..")
                && location.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':');
    }

    /** A link in the folder may lead anywhere. On other file systems than local ones links are not followed by name. */
    private void refuseLinks(String tensor, String location, Path path) {
        FileSystem system = conf.fileSystem(path);
        if (!(system instanceof RawLocalFileSystem local)) {
            return;
        }
        java.nio.file.Path file = local.pathToFile(path).toPath();
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new DataException(model.path() + ": " + location + ", which holds values of tensor " + tensor
                    + ", is a link or no file; links are not followed: put the file itself beside the model");
        }
    }
}
