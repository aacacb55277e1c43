package lowrank.kernel;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.Slab;

/** Rows through a feature map, on the heap. */
final class Mapped {
    private Mapped() {}

    /** The features of all rows, as one block. */
    static double[][] features(FeatureMap map, double[][] rows, Precision precision) {
        try (Arena arena = new Arena()) {
            Column column = new Column("features", map.inputs(), precision);
            Layout layout = new Layout(rows.length, Math.max(1, rows.length), Math.max(1, rows.length));
            long address = arena.allocate((long) rows.length * map.inputs(), precision);
            Slab slab = new Slab(address, rows.length, map.inputs(), precision);
            for (int i = 0; i < rows.length; i++) {
                for (int j = 0; j < map.inputs(); j++) {
                    if (precision == Precision.DOUBLE) {
                        OffHeap.putDouble(slab.row(i) + 8L * j, rows[i][j]);
                    } else {
                        OffHeap.putFloat(slab.row(i) + 4L * j, (float) rows[i][j]);
                    }
                }
            }
            Slab mapped = map.open(arena, column, layout).map(slab);
            RowReader reader = new RowReader(new Column("z", map.size(), precision));
            double[][] features = new double[rows.length][];
            for (int i = 0; i < rows.length; i++) {
                features[i] = java.util.Arrays.copyOf(reader.read(mapped, i, 1), map.size());
            }
            return features;
        }
    }

    /** What Java writes of an object. */
    static byte[] serialised(Object object) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    /** What a task on another machine gets. */
    static FeatureMap readBack(byte[] bytes) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return (FeatureMap) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
