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
import lowrank.blocks.Block;
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowSink;
import lowrank.blocks.Schema;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import org.apache.hadoop.fs.Path;

/**
 * Writes rows as Parquet parts (row, id, then their columns), one per task, row groups aligned to leaves.
 *
 * @param folder where parts are staged
 * @param columns how each column is stored; those beyond them as doubles
 * @param codec {@code none}, {@code zstd} or {@code snappy}
 * @param attempts whether each attempt at a part has a name of its own, so that it never meets another one's file; otherwise
 *     attempts write the same bytes to the same name, and the file system shows whole files only
 */
record FactorSink(HadoopConf conf, String folder, List<Stored> columns, String codec, boolean attempts)
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
        private final int groupRows;
        private final Path file;
        private final ParquetTableWriter writer;
        private final long[] positions;
        private final List<StoredColumn> stored = new ArrayList<>();
        private final List<Integer> places = new ArrayList<>();
        private final List<Ids> ids = new ArrayList<>();
        private final ByteArrayOutputStream digests = new ByteArrayOutputStream();
        private int filled;
        private long rows;

        FactorPart(LeafRange range, Schema schema, Layout layout, Arena arena) {
            this.range = range;
            this.schema = schema;
            List<Stored> presented = presented();
            long rowBytes = 0;
            for (int c = 0; c < presented.size(); c++) {
                rowBytes += presented.get(c).rowBytes(schema.columns().get(c));
            }
            groupRows = groupRows(layout, range, rowBytes);
            for (int c = 0; c < presented.size(); c++) {
                if (!(presented.get(c) instanceof Stored.Hidden)) {
                    places.add(c);
                    stored.add(StoredColumn.of(
                            presented.get(c), schema.columns().get(c).width(), groupRows, arena));
                }
            }
            String name = String.format(Locale.ROOT, "part-%010d", range.from());
            file = new Path(folder, name + (attempts ? "-" + UUID.randomUUID() : "") + ".parquet");
            positions = new long[groupRows];
            writer = ParquetTableWriter.create(conf, file, columns(presented), codec, Map.of());
        }

        private List<Stored> presented() {
            List<Stored> all = new ArrayList<>(columns);
            while (all.size() < schema.columns().size()) {
                all.add(new Stored.Number());
            }
            if (all.size() > schema.columns().size()) {
                throw new IllegalArgumentException(all.size() + " columns are to be stored of "
                        + schema.columns().size());
            }
            return all;
        }

        private List<Column> columns(List<Stored> presented) {
            List<Column> all = new ArrayList<>();
            all.add(new Column("row", Type.LONG));
            switch (schema.ids()) {
                case INT -> all.add(new Column("id", Type.INT));
                case LONG -> all.add(new Column("id", Type.LONG));
                case TEXT -> all.add(new Column("id", Type.TEXT));
                case NONE -> {}
            }
            for (int c : places) {
                all.add(new Column(
                        schema.columns().get(c).name(), presented.get(c).type()));
            }
            return all;
        }

        @Override
        public void append(Block block) {
            MessageDigest digest = Digests.sha256();
            for (int c = 0; c < stored.size(); c++) {
                stored.get(c).take(block.columns().get(places.get(c)), filled, digest);
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

        private void flush() {
            if (filled == 0) {
                return;
            }
            List<ColumnData> data = new ArrayList<>();
            data.add(new ColumnData.Longs(positions));
            if (schema.ids() != Ids.Type.NONE) {
                data.add(idData(Ids.concat(ids)));
            }
            for (StoredColumn column : stored) {
                data.add(column.data(filled));
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
