package lowrank.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobExpander;
import org.apache.hadoop.fs.GlobPattern;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The files of an input, in their global order: by the bytes of the path relative to the input. Names that begin with
 * {@code _} or {@code .} are not input, nor is what lies in such folders, unless the input names them without a pattern.
 */
public final class InputFiles {
    /**
     * A file.
     *
     * @param relative path below the input, or the file's name when the input is one file; of a pattern, the path below its
     *     first folders, those before any that holds a special character
     */
    public record Entry(String path, String relative, long length, long modified) implements Serializable {}

    /** What makes a name a pattern. */
    private static final Pattern SPECIAL = Pattern.compile("[\\\\\\[\\]{}*?]");

    private InputFiles() {}

    /** What is said of files without a row. */
    public static MissingInputException noRows(List<Entry> files) {
        return new MissingInputException("the input has no rows: "
                + (files.size() == 1 ? files.get(0).path() : "none of its " + files.size() + " files has any"));
    }

    /** Whether there is a file or folder of this very name, none of whose characters is special. */
    public static boolean exists(HadoopConf conf, String path) {
        Path file = new Path(path);
        try {
            return conf.fileSystem(file).exists(file);
        } catch (IOException e) {
            throw StoredFile.cannotRead(path, e);
        }
    }

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
            String base = fs.makeQualified(pattern ? fixed(path) : path).toString();
            for (FileStatus match : matches) {
                if (!match.isFile()) {
                    below(fs, match.getPath(), base, entries);
                } else if (pattern) {
                    add(match, base, entries);
                } else {
                    entries.add(entry(match, match.getPath().getName()));
                }
            }
            // A pattern such as {a,a/b} finds some of them twice.
            Set<String> paths = new HashSet<>();
            entries.removeIf(file -> !paths.add(file.path()));
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
            add(files.next(), base, entries);
        }
    }

    private static void add(FileStatus file, String base, List<Entry> entries) {
        String relative = file.getPath().toString().substring(base.length()).replaceFirst("^/+", "");
        if (Arrays.stream(relative.split("/")).noneMatch(name -> name.startsWith("_") || name.startsWith("."))) {
            entries.add(entry(file, relative));
        }
    }

    /** The first folders of a pattern, those before any that holds a special character. */
    private static Path fixed(Path pattern) {
        Path fixed = pattern.getParent();
        for (Path part = pattern; part != null; part = part.getParent()) {
            if (SPECIAL.matcher(part.getName()).find()) {
                fixed = part.getParent();
            }
        }
        return fixed == null ? new Path(Path.CUR_DIR) : fixed;
    }

    /**
     * Whether a path, or a folder that it lies in, is among what an input that is a pattern would match.
     *
     * @param path with scheme and authority
     */
    public static boolean matches(HadoopConf conf, String input, Path path) {
        Path given = new Path(input);
        FileSystem fs = conf.fileSystem(given);
        URI pattern = fs.makeQualified(given).toUri();
        URI there = path.toUri();
        try {
            if (fs.exists(given)
                    || !Objects.equals(pattern.getScheme(), there.getScheme())
                    || !Objects.equals(pattern.getAuthority(), there.getAuthority())) {
                return false;
            }
            String[] names = there.getPath().split("/");
            for (String one : GlobExpander.expand(pattern.getPath())) {
                String[] globs = one.split("/");
                boolean all = globs.length <= names.length;
                for (int i = 0; all && i < globs.length; i++) {
                    all = new GlobPattern(globs[i]).matches(names[i]);
                }
                if (all) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("looking at read.path " + input + " failed: " + e.getMessage(), e);
        }
    }

    private static Entry entry(FileStatus file, String relative) {
        return new Entry(file.getPath().toString(), relative, file.getLen(), file.getModificationTime());
    }
}
