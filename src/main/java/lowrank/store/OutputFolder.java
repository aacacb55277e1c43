package lowrank.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowSink;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.KeyColumn;
import org.apache.hadoop.fs.FileStatus;
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
    private final Storage storage;
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
        storage = Storage.of(conf, given);
        output = storage.qualified(given);
        atomic = Storage.renames(output);
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
            if (!storage.exists(output)) {
                return storage.exists(old) ? Optional.of(old) : Optional.empty();
            }
            if (storage.exists(new Path(output, Manifest.FILE))) {
                return Optional.of(output);
            }
            // Where files have their final names at once, a folder that was begun by a run that died has our mark.
            if (storage.isEmptyFolder(output) || !atomic && storage.exists(new Path(output, MARK))) {
                return Optional.empty();
            }
            throw new OutputExistsException(
                    "write.path " + output + " exists and is not a lowrank result; choose another path or remove it");
        } catch (IOException e) {
            throw Storage.failed("looking at", output, e);
        }
    }

    private Manifest manifest(Path folder) {
        return Manifest.parse(storage.text(new Path(folder, Manifest.FILE)), folder.toString());
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
            storage.makeFolder(staging);
            begun = true;
            if (!atomic) {
                write(MARK, "");
            }
        } catch (IOException e) {
            throw Storage.failed("creating", staging, e);
        }
    }

    /** Completes or undoes a replacement that was cut between its renames, and removes staging folders of dead runs. */
    private void heal() {
        if (!atomic) {
            return;
        }
        try {
            if (storage.exists(old)) {
                if (storage.exists(new Path(output, "_SUCCESS"))) {
                    storage.delete(old);
                } else if (!storage.exists(output) || storage.isEmptyFolder(output)) {
                    storage.rename(old, output);
                }
            }
            if (!storage.exists(output.getParent())) {
                return;
            }
            for (FileStatus status : storage.list(output.getParent())) {
                if (status.getPath().getName().startsWith("." + output.getName() + STAGING) && isDead(status)) {
                    storage.delete(status.getPath());
                }
            }
        } catch (FileNotFoundException e) {
            // Another run healed at the same time.
        } catch (IOException e) {
            throw Storage.failed("clearing up beside", output, e);
        }
    }

    /** Whether the run that staged here is gone: its process under this kernel, or a week of silence. */
    private boolean isDead(FileStatus folder) throws IOException {
        String name = folder.getPath().getName();
        Optional<Boolean> gone = Owner.isGone(name.substring(name.indexOf(STAGING) + STAGING.length()));
        return gone.isPresent() ? gone.get() : System.currentTimeMillis() - storage.lastChange(folder) > STALE_MILLIS;
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
        return sink(factor, List.of(new Stored.Vector(precision)), codec);
    }

    /** A sink for rows whose columns are stored as {@code columns} say, those beyond them as doubles; see {@link Stored} for digests. */
    public RowSink sink(String factor, List<Stored> columns, String codec) {
        Path folder = atomic ? new Path(staging, "_attempts") : folder(factor);
        return new FactorSink(conf, folder.toString(), List.copyOf(columns), codec, atomic);
    }

    /** A sink for the factors of many matrices. */
    public FactorsSink factorsSink(String name, Precision precision, String codec) {
        Path folder = atomic ? new Path(staging, "_attempts") : folder(name);
        return new FactorsSink(conf, folder.toString(), precision, codec, atomic);
    }

    /** A sink for a vector of each row of groups. */
    public GroupSink groupSink(String name, List<KeyColumn> keys, int width, Precision precision, String codec) {
        Path folder = atomic ? new Path(staging, "_attempts") : folder(name);
        return new GroupSink(conf, folder.toString(), keys, width, precision, codec, atomic);
    }

    /** Moves the parts that count, of all that were attempted, to their names in the factor's folder. */
    public Manifest.Factor collect(String factor, List<RowSink.Written> parts, int width, Precision precision) {
        List<Manifest.Part> files = new ArrayList<>();
        long rows = 0;
        Path folder = folder(factor);
        try {
            storage.makeFolder(folder);
            for (RowSink.Written part : parts) {
                Path from = new Path(part.file());
                String name = atomic ? String.format(Locale.ROOT, "part-%05d.parquet", files.size()) : from.getName();
                if (atomic) {
                    storage.rename(from, new Path(folder, name));
                }
                files.add(new Manifest.Part(
                        factor.isEmpty() ? name : factor + "/" + name, part.rows(), part.bytes(), part.checksum()));
                rows += part.rows();
            }
        } catch (IOException e) {
            throw Storage.failed("moving parts to", folder, e);
        }
        return new Manifest.Factor(
                rows, width, precision.name().toLowerCase(Locale.ROOT), Digests.ofParts(parts), files);
    }

    /** Removes what was staged of a factor, if anything was. */
    public void discard(String factor) {
        try {
            storage.delete(folder(factor));
        } catch (IOException e) {
            throw Storage.failed("removing", folder(factor), e);
        }
    }

    /** A folder for what the run needs and the result does not; it goes when the run ends, however it ends. */
    public String scratch() {
        return staged(SCRATCH).toString();
    }

    /** Where a file or folder of the result is until it is visible, for what writes by path. */
    public String place(String name) {
        return staged(name).toString();
    }

    /** Takes a file that a task left in {@link #scratch} into the result. */
    public void adopt(String file, String name) {
        try {
            storage.makeFolder(staged(name).getParent());
            storage.rename(new Path(file), staged(name));
        } catch (IOException e) {
            throw Storage.failed("moving " + file + " to", staged(name), e);
        }
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
        storage.write(staged(name), text);
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
                storage.delete(staged(SCRATCH));
                committed = true;
                return;
            }
            clearStaging();
            storage.sync(staging);
            if (mode == Mode.REPLACE && storage.exists(output)) {
                storage.rename(output, old);
            }
            storage.rename(staging, output);
            committed = true;
            storage.syncNames(output.getParent());
            if (storage.exists(old)) {
                storage.delete(old);
            }
        } catch (IOException e) {
            throw Storage.failed("committing to", output, e);
        }
    }

    private void clearStaging() throws IOException {
        storage.delete(staged("_attempts"));
        storage.delete(staged(SCRATCH));
    }

    private Path rejected() {
        return output.suffix(".rejected");
    }

    /** Refuses to take the place of something that is not a rejected result. */
    private void requireOurs(Path folder) {
        try {
            if (storage.exists(folder)
                    && !storage.exists(new Path(folder, Manifest.FILE))
                    && !storage.isEmptyFolder(folder)) {
                throw new OutputExistsException(
                        folder + " exists and is not a rejected result; a result that misses its"
                                + " demands would go there: move it, or choose another write.path");
            }
        } catch (IOException e) {
            throw Storage.failed("looking at", folder, e);
        }
    }

    /**
     * Refuses an output that lies in the input, or holds it: the one would spoil the other.
     *
     * @param key that names the input
     * @throws IllegalArgumentException naming both
     */
    public void requireApartFrom(String key, String input) {
        Path given = new Path(input);
        String in = Storage.of(conf, given).real(given) + "/";
        String out = storage.real(output) + "/";
        if (in.startsWith(out) || out.startsWith(in)) {
            throw new IllegalArgumentException("write.path " + output + " and " + key + " " + input
                    + " lie one inside the other; choose another write.path");
        }
        if (InputFiles.matches(conf, input, output)) {
            throw new IllegalArgumentException("write.path " + output + " is among what the pattern of " + key + " "
                    + input + " matches; choose another write.path");
        }
    }

    /** Leaves what was found, without U, in {@code OUT.rejected}; returns its path. */
    public String reject(Manifest manifest) {
        Path rejected = rejected();
        requireOurs(rejected);
        try {
            storage.delete(rejected);
            if (atomic) {
                clearStaging();
                write(Manifest.FILE, manifest.json());
                storage.sync(staging);
                storage.rename(staging, rejected);
                storage.syncNames(rejected.getParent());
            } else {
                storage.write(new Path(rejected, Manifest.FILE), manifest.json());
                storage.delete(staging);
            }
            committed = true;
            return rejected.toString();
        } catch (IOException e) {
            throw Storage.failed("writing", rejected, e);
        }
    }

    /** Discards what was not committed. */
    @Override
    public void close() {
        if (begun && !committed) {
            try {
                storage.delete(staging);
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
        Storage storage = Storage.of(conf, given);
        Path output = storage.qualified(given);
        // A replacement may happen between the two looks: the second round then finds the new version.
        for (int look = 0; look < 2; look++) {
            for (Path folder : List.of(output, old(output))) {
                Path file = new Path(folder, Manifest.FILE);
                try {
                    if (storage.exists(file)) {
                        return new Result(folder.toString(), Manifest.parse(storage.text(file), folder.toString()));
                    }
                } catch (IOException e) {
                    throw Storage.failed("reading", file, e);
                }
            }
        }
        throw new FileNotFoundException("there is no lowrank result at " + output + " (no " + Manifest.FILE + ")");
    }
}
