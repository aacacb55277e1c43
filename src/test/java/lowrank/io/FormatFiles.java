package lowrank.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.arrow.compression.CommonsCompressionFactory;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.compression.CompressionUtil.CodecType;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Writes matrices as .npy and Arrow IPC files, as NumPy and Arrow do. */
public final class FormatFiles {
    private FormatFiles() {}

    /** Random rows, a third of them zeros, that a float holds exactly. */
    public static double[][] matrix(int rows, int cols, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] all = new double[rows][cols];
        for (double[] row : all) {
            for (int j = 0; j < cols; j++) {
                row[j] = random.nextInt(3) == 0 ? 0 : (float) (random.nextDouble() * 2 - 1);
            }
        }
        return all;
    }

    /** A .npy file with any header. */
    public static void npy(Path file, int major, String header, byte[] data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) major, 0});
            ByteBuffer size = ByteBuffer.allocate(major == 1 ? 2 : 4).order(ByteOrder.LITTLE_ENDIAN);
            if (major == 1) {
                size.putShort((short) text.length);
            } else {
                size.putInt(text.length);
            }
            out.write(size.array());
            out.write(text);
            out.write(data);
        }
    }

    /** A matrix as a .npy file. */
    public static void npy(Path file, double[][] rows, boolean single, boolean fortran, int major) throws IOException {
        int cols = rows[0].length;
        ByteBuffer data = ByteBuffer.allocate(rows.length * cols * 8).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < rows.length * cols; at++) {
            double value = fortran ? rows[at % rows.length][at / rows.length] : rows[at / cols][at % cols];
            if (single) {
                data.putFloat((float) value);
            } else {
                data.putDouble(value);
            }
        }
        String header = "{'descr': '<f" + (single ? 4 : 8) + "', 'fortran_order': " + (fortran ? "True" : "False")
                + ", 'shape': (" + rows.length + ", " + cols + "), }";
        npy(file, major, header + " ".repeat(20) + "\n", java.util.Arrays.copyOf(data.array(), data.position()));
    }

    /** A null cell, or a null row, for {@link #arrow}. */
    public record Hole(int row, int column) {}

    /** Rows as an Arrow IPC file: row (long), name (text), features (FixedSizeList), c0 (double), batch by batch. */
    public static void arrow(Path file, double[][] rows, boolean single, int batch, CodecType codec, List<Hole> holes)
            throws IOException {
        int width = rows[0].length;
        Field item = new Field(
                "item",
                FieldType.nullable(new ArrowType.FloatingPoint(
                        single ? FloatingPointPrecision.SINGLE : FloatingPointPrecision.DOUBLE)),
                null);
        Schema schema = new Schema(List.of(
                Field.nullable("row", new ArrowType.Int(64, true)),
                Field.nullable("name", new ArrowType.Utf8()),
                new Field("features", FieldType.nullable(new ArrowType.FixedSizeList(width)), List.of(item)),
                Field.nullable("c0", new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE))));
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
                var channel = Files.newByteChannel(
                        file, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.WRITE);
                ArrowFileWriter writer = codec == CodecType.NO_COMPRESSION
                        ? new ArrowFileWriter(root, new DictionaryProvider.MapDictionaryProvider(), channel)
                        : new ArrowFileWriter(
                                root,
                                new DictionaryProvider.MapDictionaryProvider(),
                                channel,
                                null,
                                IpcOption.DEFAULT,
                                CommonsCompressionFactory.INSTANCE,
                                codec)) {
            writer.start();
            for (int first = 0; first < rows.length; first += batch) {
                int count = Math.min(batch, rows.length - first);
                root.allocateNew();
                fill(root, rows, first, count, holes);
                root.setRowCount(count);
                writer.writeBatch();
            }
            writer.end();
        }
    }

    private static void fill(VectorSchemaRoot root, double[][] rows, int first, int count, List<Hole> holes) {
        int width = rows[0].length;
        FixedSizeListVector list = (FixedSizeListVector) root.getVector("features");
        FieldVector values = list.getDataVector();
        for (int i = 0; i < count; i++) {
            int row = first + i;
            ((BigIntVector) root.getVector("row")).setSafe(i, row);
            ((VarCharVector) root.getVector("name")).setSafe(i, ("n" + row).getBytes(StandardCharsets.UTF_8));
            ((Float8Vector) root.getVector("c0")).setSafe(i, rows[row][0]);
            if (holes.contains(new Hole(row, -1))) {
                list.setNull(i);
                continue;
            }
            list.setNotNull(i);
            for (int j = 0; j < width; j++) {
                if (holes.contains(new Hole(row, j))) {
                    continue;
                }
                if (values instanceof Float4Vector floats) {
                    floats.setSafe(i * width + j, (float) rows[row][j]);
                } else {
                    ((Float8Vector) values).setSafe(i * width + j, rows[row][j]);
                }
            }
        }
        values.setValueCount(count * width);
        list.setValueCount(count);
    }
}
