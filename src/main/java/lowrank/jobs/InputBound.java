package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetTable;
import lowrank.spark.LineSpool;
import lowrank.spark.Room;
import lowrank.spark.Spool;
import org.apache.hadoop.fs.Path;

/**
 * What can be known of an input without reading its values: everything where it is read in place; where it is copied first, its
 * columns and the most rows that it can have.
 *
 * @param inPlace the input itself, or null when it is copied
 * @param files of the input
 * @param bytes of the files
 * @param rows the most that there can be; 0 when there is no telling
 * @param exact whether there are so many
 * @param cols columns; 0 when they are unknown
 * @param names of the columns where they are known; empty where not, or where the format has none
 * @param besideBytes of what stands beside the values of a row
 * @param unknown what is unknown, and what would make it known
 */
record InputBound(
        ReadSpec.Format format,
        Precision precision,
        InputTable inPlace,
        int files,
        long bytes,
        long rows,
        boolean exact,
        int cols,
        List<String> names,
        long besideBytes,
        List<String> unknown) {
    static InputBound of(ReadSpec read, Precision precision, HadoopConf conf) {
        InputTable inPlace =
                Input.of(read, precision, conf, null).inPlaceTable().orElse(null);
        if (inPlace != null) {
            return new InputBound(
                    read.format(),
                    precision,
                    inPlace,
                    inPlace.files(),
                    inPlace.storedBytes(),
                    inPlace.rows(),
                    true,
                    inPlace.cols(),
                    inPlace.names(),
                    besideBytes(read),
                    List.of());
        }
        List<InputFiles.Entry> files = InputFiles.list(conf, read.path());
        long bytes = files.stream().mapToLong(InputFiles.Entry::length).sum();
        boolean packed = files.stream().anyMatch(file -> file.path().matches(".*\\.(gz|bz2|zst|lz4|snappy|deflate)"));
        List<String> unknown = new ArrayList<>();
        long rows = 0;
        boolean exact = false;
        int cols = read.width();
        List<String> names = List.of();
        switch (read.format()) {
            case CSV -> {
                Spool spool = new Spool(null, conf, null, precision);
                names = new LineSpool(spool, files)
                        .columns(read.separator(), read.header(), read.columns(), read.id(), read.beside());
                cols = names.size();
                // A cell is at least one character and what ends it.
                rows = packed ? 0 : bytes / (2L * cols) + files.size();
            }
            case LIBSVM -> rows = packed ? 0 : bytes / 2 + files.size();
            case TRIPLETS -> {
                rows = read.rows();
                exact = rows > 0;
            }
            default -> {
                for (InputFiles.Entry file : files) {
                    rows += ParquetFooter.read(conf, new Path(file.path())).rows();
                }
                exact = read.where() == null;
                cols = columns(read, conf, files);
                names = read.wanted().size() > 1 ? read.wanted() : List.of();
            }
        }
        if (cols == 0) {
            unknown.add(
                    read.format() == ReadSpec.Format.PARQUET
                            ? "the number of columns, which an expression makes"
                            : "the number of columns; set read.width");
        }
        if (!exact) {
            unknown.add(
                    read.format() == ReadSpec.Format.TRIPLETS
                            ? "the number of rows; set read.rows"
                            : "the number of rows" + (rows == 0 ? " of packed files" : ""));
        }
        return new InputBound(
                read.format(),
                precision,
                null,
                files.size(),
                bytes,
                rows,
                exact,
                cols,
                names,
                besideBytes(read),
                unknown);
    }

    /** Ids of text may be longer. */
    private static long besideBytes(ReadSpec read) {
        return 8L * (read.beside().all().size() + (read.id() == null ? 0 : 1));
    }

    private static int columns(ReadSpec read, HadoopConf conf, List<InputFiles.Entry> files) {
        List<String> wanted = read.wanted();
        boolean named = ParquetFooter.read(conf, new Path(files.get(0).path()))
                .field(wanted.get(0))
                .isPresent();
        return wanted.size() > 1
                ? wanted.size()
                : named ? ParquetTable.open(conf, files, wanted, null).cols() : 0;
    }

    /** The matrix, or the largest that it can be; empty when its shape has no bound. */
    Optional<InputTable> table() {
        if (inPlace != null) {
            return Optional.of(inPlace);
        }
        return rows == 0 || cols == 0
                ? Optional.empty()
                : Optional.of(new Copy(
                        rows, cols, copyBytes(), Spool.groupBytes((long) cols * precision.bytes() + besideBytes)));
    }

    private long copyBytes() {
        return rows * cols * precision.bytes();
    }

    /** What is known and what is not, in lines; nothing where everything is. */
    String describe() {
        if (inPlace != null) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        line(text, "input of %s, %d files, %s", format.word(), files, Room.size(bytes));
        line(
                text,
                "  shape       %s rows x %s columns",
                rows == 0 ? "unknown" : (exact ? "" : "at most ") + String.format(Locale.ROOT, "%,d", rows),
                cols == 0 ? "unknown" : String.format(Locale.ROOT, "%,d", cols));
        unknown.forEach(what -> line(text, "  unknown     %s", what));
        line(
                text,
                "  copy        read once and staged beside write.path, %s; it is removed at the end",
                rows == 0 || cols == 0
                        ? "of unknown size"
                        : (exact ? "about " : "at most ") + Room.size((double) rows * cols * precision.bytes()));
        if (rows == 0 || cols == 0) {
            line(
                    text,
                    "  note        algorithm, passes and memory depend on the shape; the run decides when it is read");
        } else if (!exact) {
            line(
                    text,
                    "  note        what follows is for the most rows that there can be; the run decides when it is read");
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    /** The copy that is not there yet. */
    private record Copy(long rows, int cols, long storedBytes, long chunkBytes) implements InputTable {
        @Override
        public List<String> names() {
            return List.of();
        }

        @Override
        public int files() {
            return 1;
        }

        @Override
        public String listing() {
            return "";
        }

        @Override
        public boolean checksums() {
            return true;
        }

        @Override
        public long readerBytes() {
            return 0;
        }

        @Override
        public BlockSource source(Precision precision, Layout layout, long firstRow) {
            throw new IllegalStateException("a plan reads nothing");
        }
    }
}
