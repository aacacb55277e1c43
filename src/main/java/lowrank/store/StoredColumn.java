package lowrank.store;

import java.security.MessageDigest;
import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.Slab;
import lowrank.io.ColumnData;

/** A column of the row group that is put together; one thread's. */
interface StoredColumn {
    /** Takes the rows of a block to a place in the row group, and digests them. */
    void take(Slab slab, int at, MessageDigest digest);

    /** What the row group holds. */
    ColumnData data(int rows);

    /** A column of that width. */
    static StoredColumn of(Stored stored, int width, int groupRows, Arena arena) {
        if (stored instanceof Stored.Vector vector) {
            long values = arena.allocate((long) groupRows * width, vector.precision());
            return new Vectors(values, width, vector.precision());
        }
        if (width != 1) {
            throw new IllegalArgumentException("a vector of " + width + " values is stored as one");
        }
        Classes classes = stored instanceof Stored.Class labels ? labels.classes() : null;
        return new Scalars(new double[groupRows], classes);
    }

    /** Vectors, in the type in which they are stored. */
    record Vectors(long values, int width, Precision precision) implements StoredColumn {
        @Override
        public void take(Slab slab, int at, MessageDigest digest) {
            long target = row(at);
            if (slab.precision() == precision) {
                OffHeap.copy(slab.address(), target, slab.bytes());
            } else if (precision == Precision.FLOAT) {
                OffHeap.narrow(slab.address(), target, slab.count());
            } else {
                OffHeap.widen(slab.address(), target, slab.count());
            }
            digest.update(OffHeap.view(target, slab.count() * precision.bytes()));
        }

        /** Where a row is. */
        long row(int at) {
            return values + (long) at * width * precision.bytes();
        }

        @Override
        public ColumnData data(int rows) {
            return new ColumnData.VectorData(values, width, precision);
        }
    }

    /**
     * Numbers, or codes of classes.
     *
     * @param classes null for numbers
     */
    record Scalars(double[] values, Classes classes) implements StoredColumn {
        @Override
        public void take(Slab slab, int at, MessageDigest digest) {
            if (slab.precision() == Precision.DOUBLE) {
                OffHeap.get(slab.address(), values, at, slab.rows());
            } else {
                for (int i = 0; i < slab.rows(); i++) {
                    values[at + i] = OffHeap.getFloat(slab.address() + 4L * i);
                }
            }
            digest.update(OffHeap.view(slab.address(), slab.bytes()));
        }

        @Override
        public ColumnData data(int rows) {
            if (classes == null) {
                return new ColumnData.Doubles(values);
            }
            return switch (classes.type()) {
                case TEXT -> {
                    String[] texts = new String[rows];
                    for (int i = 0; i < rows; i++) {
                        texts[i] = classes.texts().get((int) values[i]);
                    }
                    yield new ColumnData.Texts(texts);
                }
                case INT ->
                    new ColumnData.Ints(Arrays.stream(values, 0, rows)
                            .mapToInt(code -> (int) classes.numbers()[(int) code])
                            .toArray());
                case LONG ->
                    new ColumnData.Longs(Arrays.stream(values, 0, rows)
                            .mapToLong(code -> (long) classes.numbers()[(int) code])
                            .toArray());
                case DOUBLE ->
                    new ColumnData.Doubles(Arrays.stream(values, 0, rows)
                            .map(code -> classes.numbers()[(int) code])
                            .toArray());
            };
        }
    }
}
