package lowrank.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The files of an input, in their global order: by the bytes of the path relative to the input. Names that begin with
 * {@code _} or {@code .} are not input, nor is what lies in such folders.
 */
public final class InputFiles {
    /**
     * A file.
     *
     * @param relative path below the input, or the file's name when the input is one file
     */
    public record Entry(String path, String relative, long length, long modified) implements Serializable {}

    private InputFiles() {}

    /**
     * Lists a file, a folder with everything below it, or a pattern such as {@code day=2026-*}. A path that is there as it is
     * written is no pattern, whatever characters it holds.
     *
     * @throws MissingInputException when there is no file
     */
    public static List<Entry> list(HadoopConf conf, String input) {
        Path path = new Path(input);
        FileSystem fs = conf.fileSystem(path);
        List<Entry> entries = new ArrayList<>();
        try {
            boolean pattern = !fs.exists(path);
            FileStatus[] matches = pattern ? fs.globStatus(path) : new FileStatus[] {fs.getFileStatus(path)};
            if (matches == null || matches.length == 0) {
                throw new MissingInputException("read.path " + input + " does not exist");
            }
            String root = fs.makeQualified(path).toString();
            for (FileStatus match : matches) {
                String base = pattern ? match.getPath().getParent().toString() : root;
                if (match.isFile()) {
                    entries.add(entry(match, match.getPath().getName()));
                } else {
                    below(fs, match.getPath(), base, entries);
                }
            }
        } catch (FileNotFoundException e) {
            throw new MissingInputException("read.path " + input + " does not exist");
        } catch (IOException e) {
            throw new UncheckedIOException("listing read.path " + input + " failed: " + e.getMessage(), e);
        }
        if (entries.isEmpty()) {
            throw new MissingInputException(
                    "read.path " + input + " holds no input file (names that begin with _ or . do not count)");
        }
        entries.sort(Comparator.comparing(
                (Entry e) -> e.relative().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
        return entries;
    }

    private static void below(FileSystem fs, Path folder, String base, List<Entry> entries) throws IOException {
        RemoteIterator<LocatedFileStatus> files = fs.listFiles(folder, true);
        while (files.hasNext()) {
            FileStatus file = files.next();
            String relative = file.getPath().toString().substring(base.length()).replaceFirst("^/+", "");
            if (Arrays.stream(relative.split("/")).noneMatch(name -> name.startsWith("_") || name.startsWith("."))) {
                entries.add(entry(file, relative));
            }
        }
    }

    private static Entry entry(FileStatus file, String relative) {
        return new Entry(file.getPath().toString(), relative, file.getLen(), file.getModificationTime());
    }
}
