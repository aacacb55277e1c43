package lowrank.store;

import java.io.Serializable;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowSink;
import lowrank.blocks.Slab;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import org.apache.hadoop.fs.Path;

/**
 * Writes the two factors of each of many matrices, W ~ out in^T, as Parquet parts (name, side, row, values), a part for each matrix:
 * {@code side} is {@code out} for the rows of the outer factor and {@code in} for those of the inner one.
 *
 * @param folder where parts are staged
 * @param precision of the stored values
 * @param attempts see {@link FactorSink}
 */
public record FactorsSink(HadoopConf conf, String folder, Precision precision, String codec, boolean attempts)
        implements Serializable {
    /** Bytes of a row group. */
    static final long GROUP_BYTES = 64L << 20;

    /** The side of the factor with a row for each output. */
    public static final String OUT = "out";

    /** The side of the factor with a row for each input. */
    public static final String IN = "in";

    /**
     * Writes the factors of one matrix.
     *
     * @param index of the matrix among all
     * @param out its outer factor, doubles, a row for each output
     * @param in its inner factor, doubles, a row for each input
     */
    public RowSink.Written write(int index, String name, Slab out, Slab in) {
        return part(index, (long) out.rows() + in.rows(), (writer, digest) -> {
            rows(writer, name, OUT, out, 0, digest);
            rows(writer, name, IN, in, 0, digest);
        });
    }

    /** Writes what a part holds. */
    @FunctionalInterface
    interface Content {
        void write(ParquetTableWriter writer, MessageDigest digest);
    }

    /** The part of a matrix. */
    RowSink.Written part(int index, long rows, Content content) {
        String part = String.format(Locale.ROOT, "part-%06d", index);
        Path file = new Path(folder, part + (attempts ? "-" + UUID.randomUUID() : "") + ".parquet");
        Type vector = precision == Precision.DOUBLE ? Type.DOUBLE_VECTOR : Type.FLOAT_VECTOR;
        List<Column> columns = List.of(
                new Column("name", Type.TEXT),
                new Column("side", Type.TEXT),
                new Column("row", Type.LONG),
                new Column("values", vector));
        MessageDigest digest = Digests.sha256();
        try (ParquetTableWriter writer = ParquetTableWriter.create(conf, file, columns, codec, Map.of())) {
            content.write(writer, digest);
            return new RowSink.Written(
                    new LeafRange(index, index + 1),
                    file.toString(),
                    rows,
                    writer.finish(),
                    writer.checksum(),
                    digest.digest());
        }
    }

    /** Rows of a row group. */
    static int groupRows(int width) {
        return (int) Math.max(1, GROUP_BYTES / (8L * Math.max(1, width)));
    }

    /**
     * Writes rows of one factor.
     *
     * @param from place of the first of them
     */
    static void rows(
            ParquetTableWriter writer, String name, String side, Slab factor, long from, MessageDigest digest) {
        int most = Math.max(1, Math.min(factor.rows(), groupRows(factor.width())));
        String[] names = new String[most];
        String[] sides = new String[most];
        Arrays.fill(names, name);
        Arrays.fill(sides, side);
        long[] positions = new long[most];
        for (int first = 0; first < factor.rows(); first += most) {
            int count = Math.min(most, factor.rows() - first);
            for (int i = 0; i < count; i++) {
                positions[i] = from + first + i;
            }
            long bytes = 8L * count * factor.width();
            digest.update(OffHeap.view(factor.row(first), bytes));
            writer.rowGroup(
                    count,
                    List.of(
                            new ColumnData.Texts(names),
                            new ColumnData.Texts(sides),
                            new ColumnData.Longs(positions),
                            new ColumnData.VectorData(factor.row(first), factor.width(), Precision.DOUBLE)));
        }
    }
}
