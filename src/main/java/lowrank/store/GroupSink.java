package lowrank.store;

import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowSink;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.io.ColumnData;
import lowrank.io.Group;
import lowrank.io.HadoopConf;
import lowrank.io.KeyColumn;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.linalg.NumericalException;
import org.apache.hadoop.fs.Path;

/**
 * Writes one vector for each row of groups as Parquet parts: the keys of the group in the input's types, the position, {@code values}.
 * All tasks write a long group, a part each; many small groups share a part. Digests are of values, block by block of each group, so both
 * ways have the same.
 *
 * @param folder where parts are staged
 * @param keys what tells groups apart
 * @param width values of a vector
 * @param precision in which they are stored
 * @param attempts see {@link FactorSink}
 */
public record GroupSink(
        HadoopConf conf,
        String folder,
        List<KeyColumn> keys,
        int width,
        Precision precision,
        String codec,
        boolean attempts)
        implements Serializable {
    /** Name of the column of positions. */
    public static final String POSITION = "position";

    /** Name of the column of vectors. */
    public static final String VALUES = "values";

    private static final long GROUP_BYTES = 16L << 20;

    public GroupSink {
        keys = List.copyOf(keys);
    }

    /** Rows of a row group where groups of so many rows share a part. */
    private int groupRows(long rows, int blockRows) {
        long most = Math.max(blockRows, GROUP_BYTES / rowBytes());
        return (int) Math.max(1, Math.min(rows, most));
    }

    private long rowBytes() {
        return rowBytes(keys.size(), width, precision);
    }

    private static long rowBytes(int keys, int width, Precision precision) {
        return (long) width * precision.bytes() + 8L * (keys + 1);
    }

    /** Bytes off the heap that a part of one group holds until its row group is written; for plans. */
    public static long bytes(Layout layout, LeafRange range, int keys, int width, Precision precision) {
        long rows = FactorSink.groupRows(layout, range, rowBytes(keys, width, precision));
        return rows * width * precision.bytes();
    }

    /** Bytes off the heap that a part of groups of so many rows holds until its row group is written. */
    public long bytes(long rows, int blockRows) {
        return (long) groupRows(rows, blockRows) * width * precision.bytes();
    }

    /** A part for some groups of so many rows together, one after the other. */
    public Part open(Group first, long rows, int blockRows, Arena arena) {
        return new Part(name(first, 0), groupRows(rows, blockRows), arena);
    }

    /** Where the rows of one group go: a part for each task. */
    public RowSink of(Group group) {
        return new OneGroup(this, group);
    }

    private String name(Group group, long leaf) {
        String name = String.format(Locale.ROOT, "part-%08d-%08d", group.index(), leaf);
        return name + (attempts ? "-" + UUID.randomUUID() : "") + ".parquet";
    }

    private record OneGroup(GroupSink sink, Group group) implements RowSink {
        @Override
        public RowSink.Part open(LeafRange range, Schema schema, Layout layout, Arena arena) {
            int groupRows = FactorSink.groupRows(layout, range, sink.rowBytes());
            GroupSink.Part part = sink.new Part(sink.name(group, range.from()), groupRows, arena);
            return new RowSink.Part() {
                @Override
                public void append(Block block) {
                    part.append(group, block);
                }

                @Override
                public Written finish() {
                    Written written = part.finish();
                    return new Written(
                            range,
                            written.file(),
                            written.rows(),
                            written.bytes(),
                            written.checksum(),
                            written.blockDigests());
                }

                @Override
                public void close() {
                    part.close();
                }
            };
        }
    }

    /** A part under way; one thread's. */
    public final class Part implements AutoCloseable {
        private final Path file;
        private final ParquetTableWriter writer;
        private final int groupRows;
        private final double[][] codes;
        private final long[] positions;
        private final StoredColumn.Vectors vectors;
        private final ByteArrayOutputStream digests = new ByteArrayOutputStream();
        private int filled;
        private long rows;

        private Part(String name, int groupRows, Arena arena) {
            this.groupRows = groupRows;
            file = new Path(folder, name);
            codes = new double[keys.size()][groupRows];
            positions = new long[groupRows];
            vectors = new StoredColumn.Vectors(arena.allocate((long) groupRows * width, precision), width, precision);
            List<Column> columns = new ArrayList<>();
            keys.forEach(key -> columns.add(new Column(key.name(), new Stored.Class(key.classes()).type())));
            columns.add(new Column(POSITION, Type.LONG));
            columns.add(new Column(VALUES, new Stored.Vector(precision).type()));
            writer = ParquetTableWriter.create(conf, file, columns, codec, Map.of());
        }

        /** Takes a block of a group: its first column, which must have the width of this sink. */
        public void append(Group group, Block block) {
            MessageDigest digest = Digests.sha256();
            Slab slab = block.first();
            for (int from = 0; from < slab.rows(); ) {
                int some = Math.min(slab.rows() - from, groupRows - filled);
                vectors.take(new Slab(slab.row(from), some, slab.width(), slab.precision()), filled, digest);
                if (!OffHeap.allFinite(vectors.row(filled), (long) some * width, precision)) {
                    throw beyond(group, slab.precision());
                }
                for (int k = 0; k < codes.length; k++) {
                    Arrays.fill(codes[k], filled, filled + some, group.codes()[k]);
                }
                for (int i = 0; i < some; i++) {
                    positions[filled + i] = group.firstPosition() + block.firstRow() + from + i;
                }
                from += some;
                filled += some;
                if (filled == groupRows) {
                    flush();
                }
            }
            rows += slab.rows();
            digests.writeBytes(digest.digest());
        }

        private NumericalException beyond(Group group, Precision computed) {
            String remedy = computed == Precision.FLOAT || precision == Precision.FLOAT
                    ? "set blocks.precision = double and write.precision = double, or scale the values"
                    : "scale the values";
            return new NumericalException("outputs of " + group.words(keys)
                    + " are beyond the range of their type, or sums" + " on the way to them were; " + remedy);
        }

        private void flush() {
            if (filled == 0) {
                return;
            }
            List<ColumnData> data = new ArrayList<>();
            for (int k = 0; k < codes.length; k++) {
                data.add(new StoredColumn.Scalars(codes[k], keys.get(k).classes()).data(filled));
            }
            data.add(new ColumnData.Longs(positions));
            data.add(vectors.data(filled));
            writer.rowGroup(filled, data);
            filled = 0;
        }

        /** Where the rows of a group go that is worked on here. */
        public RowSink sink(Group group) {
            return (range, schema, layout, arena) -> new RowSink.Part() {
                private final long before = rows;

                @Override
                public void append(Block block) {
                    Part.this.append(group, block);
                }

                /** The part goes on with the next group; what it is in the end, {@link GroupSink.Part#finish} tells. */
                @Override
                public RowSink.Written finish() {
                    return new RowSink.Written(range, file.toString(), rows - before, 0, new byte[0]);
                }

                @Override
                public void close() {}
            };
        }

        /** Completes the part. */
        public RowSink.Written finish() {
            flush();
            long bytes = writer.finish();
            return new RowSink.Written(
                    new LeafRange(0, 1), file.toString(), rows, bytes, writer.checksum(), digests.toByteArray());
        }

        @Override
        public void close() {
            writer.close();
        }
    }
}
