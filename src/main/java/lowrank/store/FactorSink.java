package lowrank.store;

import java.io.ByteArrayOutputStream;
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
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowSink;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import org.apache.hadoop.fs.Path;

/**
 * Writes rows as Parquet parts (row, id, vector, further scalars), one per task, row groups aligned to leaves.
 *
 * @param folder where parts are staged
 * @param precision type of the values as stored
 * @param codec {@code none}, {@code zstd} or {@code snappy}
 * @param attempts whether each attempt at a part has a name of its own, so that it never meets another one's file; otherwise
 *     attempts write the same bytes to the same name, and the file system shows whole files only
 */
record FactorSink(HadoopConf conf, String folder, Precision precision, String codec, boolean attempts)
        implements RowSink {
    private static final long MOST_GROUP_BYTES = 64L << 20;
    private static final long LEAST_GROUP_BYTES = 16L << 20;

    /** Rows of a row group: a leaf; whole blocks of it where it exceeds 64 MB, several leaves where it is small. */
    static int groupRows(Layout layout, LeafRange range, long rowBytes) {
        int rows = layout.leafRows();
        while (rows > layout.blockRows() && rows * rowBytes > MOST_GROUP_BYTES) {
            rows /= 2;
        }
        while (rows < range.count() * layout.leafRows() && 2 * rows * rowBytes <= LEAST_GROUP_BYTES && rows < 1 << 20) {
            rows *= 2;
        }
        return rows;
    }

    @Override
    public Part open(LeafRange range, Schema schema, Layout layout, Arena arena) {
        return new FactorPart(range, schema, layout, arena);
    }

    private final class FactorPart implements Part {
        private final LeafRange range;
        private final Schema schema;
        private final int width;
        private final int groupRows;
        private final Path file;
        private final ParquetTableWriter writer;
        private final long values;
        private final long[] positions;
        private final double[][] scalars;
        private final List<Ids> ids = new ArrayList<>();
        private final ByteArrayOutputStream digests = new ByteArrayOutputStream();
        private int filled;
        private long rows;

        FactorPart(LeafRange range, Schema schema, Layout layout, Arena arena) {
            this.range = range;
            this.schema = schema;
            width = schema.first().width();
            groupRows = groupRows(layout, range, (long) width * precision.bytes());
            String name = String.format(Locale.ROOT, "part-%010d", range.from());
            file = new Path(folder, name + (attempts ? "-" + UUID.randomUUID() : "") + ".parquet");
            values = arena.allocate((long) groupRows * width, precision);
            positions = new long[groupRows];
            scalars = new double[schema.columns().size() - 1][groupRows];
            writer = ParquetTableWriter.create(conf, file, columns(), codec, Map.of());
        }

        private List<Column> columns() {
            List<Column> columns = new ArrayList<>();
            columns.add(new Column("row", Type.LONG));
            switch (schema.ids()) {
                case INT -> columns.add(new Column("id", Type.INT));
                case LONG -> columns.add(new Column("id", Type.LONG));
                case TEXT -> columns.add(new Column("id", Type.TEXT));
                case NONE -> {}
            }
            columns.add(new Column(
                    schema.first().name(), precision == Precision.FLOAT ? Type.FLOAT_VECTOR : Type.DOUBLE_VECTOR));
            for (lowrank.blocks.Column more :
                    schema.columns().subList(1, schema.columns().size())) {
                columns.add(new Column(more.name(), Type.DOUBLE));
            }
            return columns;
        }

        @Override
        public void append(Block block) {
            long target = values + (long) filled * width * precision.bytes();
            store(block.first(), target);
            MessageDigest digest = Digests.sha256();
            digest.update(OffHeap.view(target, (long) block.rows() * width * precision.bytes()));
            for (int c = 0; c < scalars.length; c++) {
                Slab slab = block.columns().get(c + 1);
                scalars(slab, scalars[c]);
                digest.update(OffHeap.view(slab.address(), slab.bytes()));
            }
            digests.writeBytes(digest.digest());
            for (int i = 0; i < block.rows(); i++) {
                positions[filled + i] = block.firstRow() + i;
            }
            if (block.ids() != null) {
                ids.add(block.ids());
            }
            filled += block.rows();
            rows += block.rows();
            if (filled == groupRows) {
                flush();
            }
        }

        private void scalars(Slab slab, double[] to) {
            for (int i = 0; i < slab.rows(); i++) {
                to[filled + i] = slab.precision() == Precision.DOUBLE
                        ? OffHeap.getDouble(slab.address() + 8L * i)
                        : OffHeap.getFloat(slab.address() + 4L * i);
            }
        }

        private void store(Slab slab, long target) {
            if (slab.precision() == precision) {
                OffHeap.copy(slab.address(), target, slab.bytes());
            } else if (precision == Precision.FLOAT) {
                OffHeap.narrow(slab.address(), target, slab.count());
            } else {
                OffHeap.widen(slab.address(), target, slab.count());
            }
        }

        private void flush() {
            if (filled == 0) {
                return;
            }
            List<ColumnData> data = new ArrayList<>();
            data.add(new ColumnData.Longs(positions));
            if (schema.ids() != Ids.Type.NONE) {
                data.add(idData(Ids.concat(ids)));
            }
            data.add(new ColumnData.VectorData(values, width, precision));
            for (double[] scalar : scalars) {
                data.add(new ColumnData.Doubles(scalar));
            }
            writer.rowGroup(filled, data);
            ids.clear();
            filled = 0;
        }

        private ColumnData idData(Ids all) {
            if (all instanceof Ids.Texts texts) {
                return new ColumnData.Texts(texts.values());
            }
            long[] longs = ((Ids.Longs) all).values();
            return schema.ids() == Ids.Type.LONG
                    ? new ColumnData.Longs(longs)
                    : new ColumnData.Ints(
                            Arrays.stream(longs).mapToInt(Math::toIntExact).toArray());
        }

        @Override
        public Written finish() {
            flush();
            long bytes = writer.finish();
            return new Written(range, file.toString(), rows, bytes, digests.toByteArray());
        }

        @Override
        public void close() {
            writer.close();
        }
    }
}
