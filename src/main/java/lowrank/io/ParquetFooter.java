package lowrank.io;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lowrank.blas.Precision;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/**
 * What the footer of a file says; read once on the driver and sent to tasks.
 *
 * @param modified when the file was last modified, in milliseconds
 * @param digest SHA-256 of the footer's bytes
 * @param fields the top-level columns
 * @param checksums whether pages carry checksums, judged by the first page of the file
 */
public record ParquetFooter(
        String path,
        long length,
        long modified,
        String digest,
        List<Group> groups,
        List<Field> fields,
        boolean checksums)
        implements Serializable {
    /** Width of a list whose rows differ in their number of values, or hold nulls, by the totals of the footer. */
    public static final int RAGGED = -1;
    /** Width of a kind that the footer does not tell; see {@link ParquetRows#firstWidth}. */
    public static final int UNKNOWN = -2;

    /**
     * A row group. Reading it holds the stored bytes of the requested columns on the heap, and one unpacked page of each, which
     * with some writers is the whole chunk.
     *
     * @param chunkBytes bytes of each top-level column, unpacked
     * @param storedBytes bytes of each top-level column as they lie in the file
     */
    public record Group(long rows, Map<String, Long> chunkBytes, Map<String, Long> storedBytes)
            implements Serializable {}

    /**
     * A top-level column.
     *
     * @param width values per row: 1 for scalars; for vectors values over rows where that is whole and the same in all row
     *     groups, else {@link #RAGGED}; 0 for vectors of a file without rows; {@link #UNKNOWN} for the rest
     */
    public record Field(String name, Kind kind, int width) implements Serializable {}

    /** What a column holds. */
    public enum Kind {
        FLOAT_VECTOR,
        DOUBLE_VECTOR,
        FLOAT,
        DOUBLE,
        INT,
        LONG,
        BOOLEAN,
        TEXT,
        /** Spark's VectorUDT, dense or sparse. */
        SPARK_VECTOR,
        OTHER;

        /** Whether {@link ParquetRows} brings it to an address. */
        public boolean isNumeric() {
            return this != TEXT && this != OTHER;
        }

        /** The precision that holds it as it is stored; that of whole numbers is double. */
        public Precision precision() {
            return this == FLOAT || this == FLOAT_VECTOR ? Precision.FLOAT : Precision.DOUBLE;
        }
    }

    /**
     * Reads the footer of a file.
     *
     * @throws CorruptFileException if the file is empty, cut off or not Parquet
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static ParquetFooter read(HadoopConf conf, Path path) {
        FileSystem files = conf.fileSystem(path);
        RawFooter raw = RawFooter.read(files, path);
        ParquetMetadata metadata = raw.metadata();
        List<Group> groups = new ArrayList<>();
        for (BlockMetaData block : metadata.getBlocks()) {
            Map<String, Long> unpacked = new LinkedHashMap<>();
            Map<String, Long> stored = new LinkedHashMap<>();
            for (ColumnChunkMetaData chunk : block.getColumns()) {
                String name = chunk.getPath().toArray()[0];
                unpacked.merge(name, chunk.getTotalUncompressedSize(), Long::sum);
                stored.merge(name, chunk.getTotalSize(), Long::sum);
            }
            groups.add(new Group(block.getRowCount(), unpacked, stored));
        }
        MessageType schema = metadata.getFileMetaData().getSchema();
        List<Field> fields = new ArrayList<>();
        for (Type field : schema.getFields()) {
            Leaf leaf = Leaf.of(schema, field);
            fields.add(new Field(field.getName(), leaf.kind(), width(leaf, metadata)));
        }
        return new ParquetFooter(
                path.toString(),
                raw.length(),
                raw.modified(),
                raw.digest(),
                groups,
                fields,
                checksums(files, path, metadata));
    }

    /** Rows of all row groups. */
    public long rows() {
        return groups.stream().mapToLong(Group::rows).sum();
    }

    /** The column of a name, if the file has it. */
    public Optional<Field> field(String name) {
        return fields.stream().filter(f -> f.name().equals(name)).findFirst();
    }

    /** The same, about these columns only: a wide table's footer grows small enough to send. */
    public ParquetFooter only(Collection<String> columns) {
        Set<String> wanted = new HashSet<>(columns);
        List<Group> narrowed = new ArrayList<>();
        for (Group group : groups) {
            narrowed.add(new Group(group.rows, only(wanted, group.chunkBytes), only(wanted, group.storedBytes)));
        }
        List<Field> kept = new ArrayList<>(
                fields.stream().filter(f -> wanted.contains(f.name)).toList());
        return new ParquetFooter(path, length, modified, digest, narrowed, kept, checksums);
    }

    private static Map<String, Long> only(Set<String> wanted, Map<String, Long> all) {
        Map<String, Long> kept = new LinkedHashMap<>(all);
        kept.keySet().retainAll(wanted);
        return kept;
    }

    private static int width(Leaf leaf, ParquetMetadata metadata) {
        if (leaf.column() == null || !leaf.isVector()) {
            return leaf.column() == null ? UNKNOWN : 1;
        }
        long width = 0;
        for (BlockMetaData block : metadata.getBlocks()) {
            if (block.getRowCount() == 0) {
                continue;
            }
            long values = chunk(block, leaf.column().getPath()).getValueCount();
            long here = values / block.getRowCount();
            if (values % block.getRowCount() != 0 || here > Integer.MAX_VALUE || (width > 0 && width != here)) {
                return RAGGED;
            }
            width = here;
        }
        return (int) width;
    }

    private static ColumnChunkMetaData chunk(BlockMetaData block, String[] path) {
        return block.getColumns().stream()
                .filter(c -> Arrays.equals(c.getPath().toArray(), path))
                .findFirst()
                .orElseThrow();
    }

    /** Writers set checksums for all pages or for none; the footer does not say which. */
    private static boolean checksums(FileSystem files, Path path, ParquetMetadata metadata) {
        for (BlockMetaData block : metadata.getBlocks()) {
            if (block.getRowCount() == 0) {
                continue;
            }
            try (FSDataInputStream in = files.open(path)) {
                in.seek(block.getColumns().get(0).getStartingPos());
                return Util.readPageHeader(in).isSetCrc();
            } catch (IOException e) {
                throw new CorruptFileException(
                        path + " has a first page that cannot be read: write it again, or remove it", e);
            }
        }
        return false;
    }
}
