package lowrank.io;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.io.checkpoint.ElementType;
import lowrank.io.checkpoint.SafetensorsWriter;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.hadoop.fs.Path;

/** Writes tensors one after the other, block by block, as files that NumPy, Arrow, PyTorch or a spreadsheet read. */
public final class TensorWriter implements AutoCloseable {
    /** Formats of files; {@code SAFETENSORS} puts all tensors into one. */
    public enum Format {
        NPY,
        ARROW,
        CSV,
        SAFETENSORS
    }

    private static final int ALIGNMENT = 64;
    private static final int PIECE = 1 << 18;

    private final HadoopConf conf;
    private final String folder;
    private final Format format;
    private final byte[] piece = new byte[PIECE];
    private OutputStream out;
    private Arrow arrow;

    /**
     * Begins.
     *
     * @param tensors all that will be written, in order
     */
    public TensorWriter(HadoopConf conf, String folder, Format format, List<Tensor> tensors) {
        this.conf = conf;
        this.folder = folder;
        this.format = format;
        if (format == Format.SAFETENSORS) {
            open("factors.safetensors");
            write(safetensorsHeader(tensors));
        }
    }

    /** Begins the next tensor. */
    public void begin(Tensor tensor) {
        switch (format) {
            case NPY -> {
                open(tensor.name() + ".npy");
                write(npyHeader(tensor));
            }
            case CSV -> {
                open(tensor.name() + ".csv");
                write(csvHeader(tensor).getBytes(StandardCharsets.UTF_8));
            }
            case ARROW -> {
                open(tensor.name() + ".arrow");
                arrow = new Arrow(tensor);
            }
            case SAFETENSORS -> {}
        }
    }

    /** Appends rows of the tensor. */
    public void append(Slab rows) {
        switch (format) {
            case NPY, SAFETENSORS -> raw(rows);
            case CSV -> lines(rows);
            case ARROW -> arrow.append(rows);
        }
    }

    /** Ends the tensor. */
    public void end() {
        if (arrow != null) {
            arrow.close();
            arrow = null;
        }
        if (format != Format.SAFETENSORS) {
            close();
        }
    }

    private void open(String name) {
        Path path = new Path(folder, name);
        try {
            out = conf.fileSystem(path).create(path, true);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    private UncheckedIOException cannotWrite(IOException e) {
        return new UncheckedIOException(folder + " cannot be written: " + e.getMessage(), e);
    }

    private void write(byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    private static byte[] npyHeader(Tensor tensor) {
        String text = "{'descr': '<f" + tensor.precision().bytes() + "', 'fortran_order': False, 'shape': ("
                + tensor.shape() + (tensor.flat() ? ",), }" : "), }");
        int before = 10;
        int length = (before + text.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - before;
        ByteBuffer header = ByteBuffer.allocate(before + length).order(ByteOrder.LITTLE_ENDIAN);
        header.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
        header.putShort((short) length);
        header.put((text + " ".repeat(length - text.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return header.array();
    }

    private static byte[] safetensorsHeader(List<Tensor> tensors) {
        List<SafetensorsWriter.Entry> entries = tensors.stream()
                .map(tensor -> new SafetensorsWriter.Entry(
                        tensor.name(),
                        tensor.precision() == Precision.DOUBLE ? ElementType.F64 : ElementType.F32,
                        tensor.flat() ? List.of(tensor.rows()) : List.of(tensor.rows(), (long) tensor.cols())))
                .toList();
        return SafetensorsWriter.header(Map.of(), entries);
    }

    private static String csvHeader(Tensor tensor) {
        if (tensor.flat()) {
            return tensor.name() + "\n";
        }
        StringBuilder text = new StringBuilder();
        for (int j = 0; j < tensor.cols(); j++) {
            text.append(j == 0 ? "" : ",").append(tensor.name()).append('_').append(j);
        }
        return text.append('\n').toString();
    }

    private void raw(Slab rows) {
        for (long from = 0; from < rows.bytes(); from += PIECE) {
            int some = (int) Math.min(PIECE, rows.bytes() - from);
            OffHeap.view(rows.address() + from, some).get(piece, 0, some);
            try {
                out.write(piece, 0, some);
            } catch (IOException e) {
                throw cannotWrite(e);
            }
        }
    }

    private void lines(Slab rows) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows.rows(); i++) {
            for (int j = 0; j < rows.width(); j++) {
                text.append(j == 0 ? "" : ",");
                // Java's shortest text that reads back as the same number.
                if (rows.precision() == Precision.DOUBLE) {
                    text.append(OffHeap.getDouble(rows.row(i) + 8L * j));
                } else {
                    text.append(OffHeap.getFloat(rows.row(i) + 4L * j));
                }
            }
            text.append('\n');
            if (text.length() >= PIECE) {
                write(text.toString().getBytes(StandardCharsets.US_ASCII));
                text.setLength(0);
            }
        }
        write(text.toString().getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() {
        if (out == null) {
            return;
        }
        try {
            out.close();
            out = null;
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    /** One Arrow IPC file: a record batch per block. */
    private final class Arrow {
        private final Tensor tensor;
        private final BufferAllocator allocator = new RootAllocator();
        private final VectorSchemaRoot root;
        private final ArrowFileWriter writer;

        Arrow(Tensor tensor) {
            this.tensor = tensor;
            FieldType number = FieldType.notNullable(new ArrowType.FloatingPoint(
                    tensor.precision() == Precision.DOUBLE
                            ? FloatingPointPrecision.DOUBLE
                            : FloatingPointPrecision.SINGLE));
            Field field = tensor.flat()
                    ? new Field(tensor.name(), number, null)
                    : new Field(
                            "values",
                            FieldType.notNullable(new ArrowType.FixedSizeList(tensor.cols())),
                            List.of(new Field("item", number, null)));
            root = VectorSchemaRoot.create(new Schema(List.of(field)), allocator);
            writer =
                    new ArrowFileWriter(root, new DictionaryProvider.MapDictionaryProvider(), Channels.newChannel(out));
            try {
                writer.start();
            } catch (IOException e) {
                throw cannotWrite(e);
            }
        }

        void append(Slab rows) {
            FieldVector vector = root.getVector(0);
            FieldVector values = vector instanceof FixedSizeListVector list ? list.getDataVector() : vector;
            int count = Math.toIntExact(rows.count());
            vector.setInitialCapacity(rows.rows());
            values.setInitialCapacity(count);
            vector.allocateNew();
            values.getDataBuffer().setBytes(0, OffHeap.view(rows.address(), rows.bytes()));
            values.getValidityBuffer().setOne(0L, (count + 7L) / 8);
            if (vector != values) {
                vector.getValidityBuffer().setOne(0L, (rows.rows() + 7L) / 8);
            }
            values.setValueCount(count);
            vector.setValueCount(rows.rows());
            root.setRowCount(rows.rows());
            try {
                writer.writeBatch();
            } catch (IOException e) {
                throw cannotWrite(e);
            }
        }

        void close() {
            try (allocator;
                    root) {
                writer.end();
            } catch (IOException e) {
                throw new UncheckedIOException(tensor.name() + " cannot be written: " + e.getMessage(), e);
            }
        }
    }
}
