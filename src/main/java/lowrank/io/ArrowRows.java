package lowrank.io;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.io.ArrowFile.Batch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.apache.hadoop.fs.FSDataInputStream;

/** Rows of an Arrow IPC file, one record batch in memory at a time. */
final class ArrowRows implements FileRows {
    private final ArrowTable table;
    private final ArrowFile file;
    private final Precision precision;
    private final String id;
    private final FSDataInputStream in;
    private final BufferAllocator allocator;
    private final ArrowFileReader reader;
    private final StoredValues floats = new StoredValues(Precision.FLOAT);
    private final StoredValues doubles = new StoredValues(Precision.DOUBLE);

    private int batch = -1;
    private boolean loaded;
    private int at;
    private int rowsOfBatch;
    private long remaining;
    private List<Ids> ids = new ArrayList<>();

    ArrowRows(ArrowTable table, ArrowTable.Part part, long fromRow, Precision precision, String id) {
        this.table = table;
        this.file = part.file();
        this.precision = precision;
        this.id = id;
        in = file.file().open(table.conf());
        allocator = new RootAllocator(file.allocationLimit());
        reader = ArrowFile.reader(file.file(), in, allocator);
        remaining = file.rows() - fromRow;
        long skip = fromRow;
        do {
            batch++;
            rowsOfBatch = (int) file.batches().get(batch).rows();
            at = (int) Math.min(skip, rowsOfBatch);
            skip -= at;
        } while (at == rowsOfBatch && batch + 1 < file.batches().size());
    }

    @Override
    public long remaining() {
        return remaining;
    }

    @Override
    public void read(int rows, long address, long globalRow, Offenders offenders) {
        ids = new ArrayList<>();
        int done = 0;
        while (done < rows) {
            while (at == rowsOfBatch) {
                batch++;
                rowsOfBatch = Math.toIntExact(file.batches().get(batch).rows());
                at = 0;
                loaded = false;
            }
            int some = Math.min(rows - done, rowsOfBatch - at);
            try {
                load();
                copy(some, address + (long) done * table.cols() * precision.bytes(), globalRow + done, offenders);
            } catch (CorruptFileException e) {
                throw e;
            } catch (IOException e) {
                throw StoredFile.cannotRead(file.file().path(), e);
            } catch (RuntimeException e) {
                // Arrow's exceptions hold what cannot be sent to the driver, where the message would be lost with them.
                RuntimeException plain = new IllegalStateException(e.toString());
                plain.setStackTrace(e.getStackTrace());
                throw file.file().corrupt("record batch " + batch + " cannot be decoded", plain);
            }
            done += some;
            at += some;
        }
        remaining -= rows;
    }

    private void load() throws IOException {
        if (loaded) {
            return;
        }
        Batch planned = file.batches().get(batch);
        reader.loadRecordBatch(new ArrowBlock(planned.offset(), planned.head(), planned.body()));
        if (reader.getVectorSchemaRoot().getRowCount() != planned.rows()) {
            throw file.file().corrupt("record batch " + batch + " has another number of rows than its head says", null);
        }
        loaded = true;
    }

    private void copy(int rows, long address, long globalRow, Offenders offenders) throws IOException {
        // Each column notes its own; a row's offenders come together only when rows are the outer order.
        List<Offenders.Offender> noted = new ArrayList<>();
        for (int c = 0; c < table.columns().size(); c++) {
            String name = table.columns().get(c);
            FieldVector vector = vector(name);
            int width = table.columns().size() == 1 ? table.cols() : 1;
            Destination to = new Destination(
                    address, rows, width, new ParquetRows.Target(name, precision, table.cols(), c, width));
            if (vector instanceof FixedSizeListVector list) {
                numbers(list.getDataVector(), (long) at * width, rows * width, to);
            } else {
                numbers(vector, at, rows, to);
            }
            nulls(vector, name, rows, width, to, globalRow, noted);
        }
        if (id != null) {
            ids.add(ids(rows, globalRow, noted));
        }
        noted.sort(java.util.Comparator.comparingLong(Offenders.Offender::row));
        noted.forEach(o -> offenders.add(o.row(), o.column(), o.problem()));
    }

    private FieldVector vector(String name) throws IOException {
        return reader.getVectorSchemaRoot().getVector(name);
    }

    private void numbers(ValueVector vector, long first, int count, Destination to) {
        if (vector.getValueCount() < first + count) {
            throw new IllegalStateException("fewer values than rows");
        }
        if (vector instanceof BaseIntVector whole) {
            for (int i = 0; i < count; i++) {
                to.put(i, 0, vector.isNull((int) first + i) ? 0 : whole.getValueAsLong((int) first + i));
            }
            return;
        }
        boolean single = vector instanceof Float4Vector;
        int size = single ? Float.BYTES : Double.BYTES;
        ArrowBuf data = vector.getDataBuffer();
        if (data.capacity() < (first + count) * size) {
            throw new IllegalStateException("a buffer is shorter than its values");
        }
        (single ? floats : doubles)
                .copy(data.nioBuffer(first * size, count * size).order(ByteOrder.LITTLE_ENDIAN), 0, to, 0, count);
    }

    /** Names rows and cells that hold no value, and makes them zero. */
    private void nulls(
            FieldVector vector,
            String name,
            int rows,
            int width,
            Destination to,
            long globalRow,
            List<Offenders.Offender> noted) {
        ValueVector values = vector instanceof FixedSizeListVector list ? list.getDataVector() : null;
        boolean cells = values != null && values.getNullCount() > 0;
        if (vector.getNullCount() == 0 && !cells) {
            return;
        }
        for (int row = 0; row < rows; row++) {
            if (vector.isNull(at + row)) {
                noted.add(new Offenders.Offender(globalRow + row, name, "is null"));
                to.zero(row);
            } else if (cells) {
                for (int j = 0; j < width; j++) {
                    if (values.isNull((at + row) * width + j)) {
                        noted.add(new Offenders.Offender(globalRow + row, name + "[" + j + "]", "is null"));
                        to.put(row, j, 0);
                    }
                }
            }
        }
    }

    private Ids ids(int rows, long globalRow, List<Offenders.Offender> noted) throws IOException {
        FieldVector vector = vector(id);
        long[] numbers = vector instanceof BaseIntVector ? new long[rows] : null;
        String[] texts = numbers == null ? new String[rows] : null;
        for (int row = 0; row < rows; row++) {
            if (vector.isNull(at + row)) {
                noted.add(new Offenders.Offender(globalRow + row, id, "is null"));
                if (texts != null) {
                    texts[row] = "";
                }
            } else if (numbers != null) {
                numbers[row] = ((BaseIntVector) vector).getValueAsLong(at + row);
            } else {
                texts[row] = String.valueOf(vector.getObject(at + row));
            }
        }
        return numbers != null ? new Ids.Longs(numbers) : new Ids.Texts(texts);
    }

    @Override
    public Ids ids() {
        return Ids.concat(ids);
    }

    @Override
    public void close() {
        try (allocator;
                in) {
            reader.close();
        } catch (IOException e) {
            throw StoredFile.cannotRead(file.file().path(), e);
        }
    }
}
