package lowrank.spark;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import lowrank.blocks.Ids;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;

/**
 * The body of a task of {@link FrameSpool}: rows of Spark as parts of a copy.
 *
 * <p>A row holds file, position, the values, what stands beside them, and where they are wanted id and label, in this order.
 */
final class FramePart {
    /** Offenders carry file and position in one number. */
    static final int POSITION_BITS = 40;

    private static final int VALUES = 2;
    private static final int BESIDE = 3;
    private static final int NEXT = 4;

    private final SpoolWriter.Target target;
    private final Map<String, Integer> ranks;
    private final List<String> names;
    private final String vector;
    private final boolean sorted;
    private final List<SpoolPart> parts = new ArrayList<>();
    private final double[] values;
    private SpoolWriter writer;

    FramePart(
            SpoolWriter.Target target, Map<String, Integer> ranks, List<String> names, String vector, boolean sorted) {
        this.target = target;
        this.ranks = ranks;
        this.names = names;
        this.vector = vector;
        this.sorted = sorted;
        values = new double[target.numbers()];
    }

    Iterator<SpoolPart> write(Iterator<InternalRow> rows) {
        long count = 0;
        int lastSource = -1;
        long last = -1;
        String lastPath = null;
        int rank = -1;
        try {
            while (rows.hasNext()) {
                InternalRow row = rows.next();
                String path = row.getUTF8String(0).toString();
                if (!path.equals(lastPath)) {
                    rank = ranks.get(Spool.key(new Path(URI.create(path))));
                    lastPath = path;
                }
                int source = sorted ? TaskContext.getPartitionId() : rank;
                long position = sorted ? count : row.getLong(1);
                if (writer == null || source != lastSource || position <= last) {
                    finish();
                    writer = new SpoolWriter(target, source);
                }
                long place = ((long) rank << POSITION_BITS) | row.getLong(1);
                Arrays.fill(values, 0);
                vector(row, place);
                numbers(
                        row.getArray(BESIDE),
                        target.width(),
                        place,
                        target.beside().numbers());
                writer.append(values, position, id(row, place), label(row, place));
                lastSource = source;
                last = position;
                count++;
            }
            finish();
            return parts.iterator();
        } finally {
            if (writer != null) {
                writer.close();
            }
        }
    }

    private void finish() {
        if (writer != null) {
            parts.add(writer.finish(0));
            writer.close();
            writer = null;
        }
    }

    private void vector(InternalRow row, long place) {
        if (row.isNullAt(VALUES)) {
            writer.offenders().add(place, vector, "is null");
            return;
        }
        ArrayData array = row.getArray(VALUES);
        if (array.numElements() != target.width()) {
            writer.offenders().add(place, vector, "has " + array.numElements() + " values, not " + target.width());
            return;
        }
        numbers(array, 0, place, names);
    }

    /** Takes the values of an array to a place of the row. */
    private void numbers(ArrayData array, int to, long place, List<String> called) {
        for (int j = 0; j < array.numElements(); j++) {
            double value = array.isNullAt(j) ? Double.NaN : array.getDouble(j);
            if (Double.isFinite(value)) {
                values[to + j] = value;
            } else {
                writer.offenders()
                        .add(
                                place,
                                called.get(j),
                                array.isNullAt(j) ? "is null" : Double.isNaN(value) ? "is NaN" : "is infinite");
            }
        }
    }

    private String label(InternalRow row, long place) {
        String name = target.beside().label();
        if (name == null) {
            return null;
        }
        int at = target.ids() == Ids.Type.NONE ? NEXT : NEXT + 1;
        if (row.isNullAt(at)) {
            writer.offenders().add(place, name, "is null");
            return "";
        }
        return row.getUTF8String(at).toString();
    }

    private Object id(InternalRow row, long place) {
        if (target.ids() == Ids.Type.NONE) {
            return null;
        }
        if (row.isNullAt(NEXT)) {
            writer.offenders().add(place, "of read.id", "is null");
            return target.ids() == Ids.Type.TEXT ? (Object) "" : (Object) 0L;
        }
        return switch (target.ids()) {
            case LONG -> row.getLong(NEXT);
            case TEXT -> row.getUTF8String(NEXT).toString();
            default -> row.getInt(NEXT);
        };
    }
}
