package lowrank.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowSink;
import lowrank.io.HadoopConf;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Where a result goes, all or nothing. Everything is staged beside the output; one atomic rename makes it visible. Where the
 * file system has no such rename (object stores), files have their final names and the manifest, created last, is the commit.
 *
 * <p>Replacing takes two renames: output -> {@code .NAME.lowrank-old}, staging -> output. A crash between them leaves the old
 * version under that name, where {@link #read} finds it and the next run puts it back.
 */
public final class OutputFolder implements AutoCloseable {
    private static final String STAGING = ".lowrank-staging-";
    private static final String OLD = ".lowrank-old";
    private static final String MARK = "_lowrank_unfinished";
    private static final String SCRATCH = "_scratch";
    private static final Set<String> ATOMIC_RENAME = Set.of("file", "hdfs", "viewfs");
    private static final long STALE_MILLIS = Duration.ofDays(7).toMillis();

    /** What to do when there is a result already. */
    public enum Mode {
        FAIL,
        SKIP,
        REPLACE;

        /** {@code fail}, {@code skip} or {@code replace}. */
        public static Mode of(String name) {
            return valueOf(name.toUpperCase(Locale.ROOT));
        }
    }

    private final HadoopConf conf;
    private final FileSystem fs;
    private final Path output;
    private final Path old;
    private final Path staging;
    private final boolean atomic;
    private final Mode mode;
    private boolean begun;
    private boolean committed;

    private OutputFolder(HadoopConf conf, String path, Mode mode) {
        this.conf = conf;
        this.mode = mode;
        Path given = new Path(path);
        fs = conf.fileSystem(given);
        output = fs.makeQualified(given);
        atomic = ATOMIC_RENAME.contains(output.toUri().getScheme());
        old = old(output);
        staging = atomic ? new Path(output.getParent(), "." + output.getName() + STAGING + Owner.name()) : output;
    }

    private static Path old(Path output) {
        if (output.getParent() == null) {
            throw new IllegalArgumentException(output + " is the root of a file system; name a folder below it");
        }
        return new Path(output.getParent(), "." + output.getName() + OLD);
    }

    /** A place for a result; nothing is touched before {@link #begin}. */
    public static OutputFolder at(HadoopConf conf, String path, Mode mode) {
        return new OutputFolder(conf, path, mode);
    }

    /** The output, with its scheme. */
    public String path() {
        return output.toString();
    }

    /** A file system error with the place in it. */
    private static UncheckedIOException failed(String what, Path where, IOException e) {
        return new UncheckedIOException(what + " " + where + " failed: " + e.getMessage(), e);
    }

    /**
     * The manifest of the result that is here now.
     *
     * @throws OutputExistsException when there is something without a manifest
     */
    public Optional<Manifest> existing() {
        return holder().map(this::manifest);
    }

    /** The folder of the result that is here now. */
    private Optional<Path> holder() {
        try {
            if (!exists(output)) {
                return exists(old) ? Optional.of(old) : Optional.empty();
            }
            if (exists(new Path(output, Manifest.FILE))) {
                return Optional.of(output);
            }
            // Where files have their final names at once, a folder that was begun by a run that died has our mark.
            if (isEmptyFolder(output) || !atomic && exists(new Path(output, MARK))) {
                return Optional.empty();
            }
            throw new OutputExistsException(
                    "write.path " + output + " exists and is not a lowrank result; choose another path or remove it");
        } catch (IOException e) {
            throw failed("looking at", output, e);
        }
    }

    private boolean exists(Path path) throws IOException {
        return fs.exists(path);
    }

    private Manifest manifest(Path folder) {
        return Manifest.parse(text(fs, new Path(folder, Manifest.FILE)), folder.toString());
    }

    private static String text(FileSystem fs, Path file) {
        try (FSDataInputStream in = fs.open(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw failed("reading", file, e);
        }
    }

    /** Heals what a crash left, clears the way, and creates the staging folder. */
    public void begin() {
        heal();
        if (mode == Mode.REPLACE && !atomic) {
            throw new IllegalArgumentException("write.mode = replace is not possible on "
                    + output.toUri().getScheme() + ", which has no atomic rename; write to a dated path instead");
        }
        requireOurs(rejected());
        if (holder().isPresent() && mode != Mode.REPLACE) {
            throw new OutputExistsException("write.path " + output
                    + " holds a result already; choose another path, or set write.mode = skip or replace");
        }
        try {
            if (!fs.mkdirs(staging)) {
                throw new IOException("the file system refused");
            }
            begun = true;
            if (!atomic) {
                write(MARK, "");
            }
        } catch (IOException e) {
            throw failed("creating", staging, e);
        }
    }

    /** Completes or undoes a replacement that was cut between its renames, and removes staging folders of dead runs. */
    private void heal() {
        if (!atomic) {
            return;
        }
        try {
            if (exists(old)) {
                if (exists(new Path(output, "_SUCCESS"))) {
                    fs.delete(old, true);
                } else if (!exists(output) || isEmptyFolder(output)) {
                    rename(old, output);
                }
            }
            if (!exists(output.getParent())) {
                return;
            }
            for (FileStatus status : fs.listStatus(output.getParent())) {
                if (status.getPath().getName().startsWith("." + output.getName() + STAGING) && isDead(status)) {
                    fs.delete(status.getPath(), true);
                }
            }
        } catch (FileNotFoundException e) {
            // Another run healed at the same time.
        } catch (IOException e) {
            throw failed("clearing up beside", output, e);
        }
    }

    /** Whether the run that staged here is gone: its process on this host, or a week of silence. */
    private static boolean isDead(FileStatus folder) {
        String name = folder.getPath().getName();
        return Owner.isGone(name.substring(name.indexOf(STAGING) + STAGING.length()))
                .orElse(System.currentTimeMillis() - folder.getModificationTime() > STALE_MILLIS);
    }

    private Path folder(String factor) {
        return factor.isEmpty() ? staging : new Path(staging, factor);
    }

    /** Bytes off the heap that a part of {@link #sink} holds until its row group is written. */
    public static long sinkBytes(Layout layout, LeafRange range, int width, Precision precision) {
        long rowBytes = (long) width * precision.bytes();
        return FactorSink.groupRows(layout, range, rowBytes) * rowBytes;
    }

    /** A sink for the rows of a factor; the empty name stands for the output itself. */
    public RowSink sink(String factor, Precision precision, String codec) {
        Path folder = atomic ? new Path(staging, "_attempts") : folder(factor);
        return new FactorSink(conf, folder.toString(), precision, codec, atomic);
    }

    /** Moves the parts that count, of all that were attempted, to their names in the factor's folder. */
    public Manifest.Factor collect(String factor, List<RowSink.Written> parts, int width, Precision precision) {
        List<Manifest.Part> files = new ArrayList<>();
        long rows = 0;
        Path folder = folder(factor);
        try {
            fs.mkdirs(folder);
            for (RowSink.Written part : parts) {
                Path from = new Path(part.file());
                String name = atomic ? String.format(Locale.ROOT, "part-%05d.parquet", files.size()) : from.getName();
                if (atomic) {
                    rename(from, new Path(folder, name));
                }
                files.add(new Manifest.Part(factor.isEmpty() ? name : factor + "/" + name, part.rows(), part.bytes()));
                rows += part.rows();
            }
        } catch (IOException e) {
            throw failed("moving parts to", folder, e);
        }
        return new Manifest.Factor(
                rows, width, precision.name().toLowerCase(Locale.ROOT), Digests.ofParts(parts), files);
    }

    /** Removes what was staged of a factor, if anything was. */
    public void discard(String factor) {
        try {
            fs.delete(folder(factor), true);
        } catch (IOException e) {
            throw failed("removing", folder(factor), e);
        }
    }

    /** A folder for what the run needs and the result does not; it goes when the run ends, however it ends. */
    public String scratch() {
        return staged(SCRATCH).toString();
    }

    /** Where the result is until it is visible. */
    String folder() {
        return staging.toString();
    }

    /** The path of a file in the staging folder. */
    Path staged(String name) {
        return new Path(staging, name);
    }

    HadoopConf conf() {
        return conf;
    }

    /** Writes a small file into the result. */
    public void write(String name, String text) {
        Path file = staged(name);
        try (FSDataOutputStream out = fs.create(file, true)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw failed("writing", file, e);
        }
    }

    /**
     * Makes the result visible, its manifest with it.
     *
     * @throws OutputExistsException when another run was first
     */
    public void commit(Manifest manifest) {
        // On object stores this is the commit itself: every other file is there by now.
        discard(MARK);
        write(Manifest.FILE, manifest.json());
        publish();
    }

    /**
     * Makes what was written visible.
     *
     * @throws OutputExistsException when another run was first
     */
    public void publish() {
        try {
            discard(MARK);
            write("_SUCCESS", "");
            if (!atomic) {
                fs.delete(staged(SCRATCH), true);
                committed = true;
                return;
            }
            clearStaging();
            if (mode == Mode.REPLACE && exists(output)) {
                rename(output, old);
            }
            rename(staging, output);
            committed = true;
            if (exists(old)) {
                fs.delete(old, true);
            }
        } catch (IOException e) {
            throw failed("committing to", output, e);
        }
    }

    private void clearStaging() throws IOException {
        fs.delete(staged("_attempts"), true);
        fs.delete(staged(SCRATCH), true);
    }

    private Path rejected() {
        return output.suffix(".rejected");
    }

    /** Refuses to take the place of something that is not a rejected result. */
    private void requireOurs(Path folder) {
        try {
            if (exists(folder) && !exists(new Path(folder, Manifest.FILE)) && !isEmptyFolder(folder)) {
                throw new OutputExistsException(
                        folder + " exists and is not a rejected result; a result that misses its"
                                + " demands would go there: move it, or choose another write.path");
            }
        } catch (IOException e) {
            throw failed("looking at", folder, e);
        }
    }

    /**
     * Refuses an output that lies in the input, or holds it: the one would spoil the other.
     *
     * @throws IllegalArgumentException naming both
     */
    public void requireApartFrom(String input) {
        Path given = new Path(input);
        String in = conf.fileSystem(given).makeQualified(given) + "/";
        String out = output + "/";
        if (in.startsWith(out) || out.startsWith(in)) {
            throw new IllegalArgumentException("write.path " + output + " and read.path " + input
                    + " lie one inside the other; choose another write.path");
        }
    }

    /** Leaves what was found, without U, in {@code OUT.rejected}; returns its path. */
    public String reject(Manifest manifest) {
        Path rejected = rejected();
        requireOurs(rejected);
        try {
            fs.delete(rejected, true);
            if (atomic) {
                clearStaging();
                write(Manifest.FILE, manifest.json());
                rename(staging, rejected);
            } else {
                try (FSDataOutputStream out = fs.create(new Path(rejected, Manifest.FILE), true)) {
                    out.write(manifest.json().getBytes(StandardCharsets.UTF_8));
                }
                fs.delete(staging, true);
            }
            committed = true;
            return rejected.toString();
        } catch (IOException e) {
            throw failed("writing", rejected, e);
        }
    }

    /** An atomic rename that never replaces and never nests. */
    private void rename(Path from, Path to) throws IOException {
        try {
            if (from.toUri().getScheme().equals("file")) {
                if (Files.exists(java.nio.file.Path.of(to.toUri())) && !isEmptyFolder(to)) {
                    throw new FileAlreadyExistsException(to.toString());
                }
                Files.move(
                        java.nio.file.Path.of(from.toUri()),
                        java.nio.file.Path.of(to.toUri()),
                        StandardCopyOption.ATOMIC_MOVE);
            } else {
                if (isEmptyFolder(to)) {
                    fs.delete(to, false);
                }
                FileContext.getFileContext(from.toUri(), conf.get()).rename(from, to);
            }
        } catch (FileAlreadyExistsException | java.nio.file.FileAlreadyExistsException e) {
            throw new OutputExistsException(to + " was written by another run meanwhile; choose another path");
        } catch (java.nio.file.DirectoryNotEmptyException e) {
            throw new OutputExistsException(to + " was written by another run meanwhile; choose another path");
        }
    }

    private boolean isEmptyFolder(Path path) throws IOException {
        return fs.exists(path) && fs.getFileStatus(path).isDirectory() && fs.listStatus(path).length == 0;
    }

    /** Discards what was not committed. */
    @Override
    public void close() {
        if (begun && !committed) {
            try {
                fs.delete(staging, true);
            } catch (IOException e) {
                // Hidden, and removed by the next run.
            }
        }
    }

    /** A result that is there to be read: the output, or its old version while a replacement is cut in the middle. */
    public record Result(String path, Manifest manifest) {}

    /**
     * Finds a complete result; never changes anything.
     *
     * @throws FileNotFoundException when there is none
     */
    public static Result read(HadoopConf conf, String path) throws FileNotFoundException {
        Path given = new Path(path);
        FileSystem fs = conf.fileSystem(given);
        Path output = fs.makeQualified(given);
        // A replacement may happen between the two looks: the second round then finds the new version.
        for (int look = 0; look < 2; look++) {
            for (Path folder : List.of(output, old(output))) {
                Path file = new Path(folder, Manifest.FILE);
                try {
                    if (fs.exists(file)) {
                        return new Result(folder.toString(), Manifest.parse(text(fs, file), folder.toString()));
                    }
                } catch (IOException e) {
                    throw failed("reading", file, e);
                }
            }
        }
        throw new FileNotFoundException("there is no lowrank result at " + output + " (no " + Manifest.FILE + ")");
    }
}
