package lowrank.io;

import java.util.Arrays;
import lowrank.io.ParquetFooter.Kind;
import org.apache.parquet.column.values.ValuesReader;

/** Takes the rows of a column of ints or doubles one by one, scalars as lists of one. */
final class ListCursor {
    /** Length of a row that is null. */
    static final int NULL = -1;
    /** Length of a row that holds a null. */
    static final int HOLED = -2;

    private final Leaf leaf;
    private final boolean integers;
    private int[] ints = new int[16];
    private double[] doubles = new double[16];

    private ChunkPages pages;
    private ValuesReader values;
    private byte[] repetition;
    private byte[] definition;
    private int entry;

    ListCursor(Leaf leaf) {
        this.leaf = leaf;
        this.integers = leaf.kind() == Kind.INT;
    }

    void start(ChunkPages chunk) {
        pages = chunk;
        load();
    }

    /** Moves on to the next row; returns its length, {@link #NULL} or {@link #HOLED}. */
    int next() {
        if (values == null) {
            throw pages.place().corrupt("holds fewer rows than the footer says", null);
        }
        int length = 0;
        boolean isNull = false;
        boolean holed = false;
        do {
            int level = definition == null ? leaf.valueLevel() : definition[entry];
            if (level == leaf.valueLevel()) {
                take(length++);
            } else if (leaf.isVector() && level >= leaf.entryLevel()) {
                holed = true;
            } else if (!leaf.isVector() || level < leaf.entryLevel() - 1) {
                isNull = true;
            }
            entry++;
            if (entry == pages.count()) {
                load();
            }
        } while (values != null && repetition != null && repetition[entry] != 0);
        return isNull ? NULL : holed ? HOLED : length;
    }

    /** Entry {@code i} of the row, if it holds ints. */
    int integer(int i) {
        return ints[i];
    }

    /** Entry {@code i} of the row, if it holds doubles. */
    double number(int i) {
        return doubles[i];
    }

    private void take(int i) {
        if (integers) {
            ints = i < ints.length ? ints : Arrays.copyOf(ints, 2 * i);
            ints[i] = values.readInteger();
        } else {
            doubles = i < doubles.length ? doubles : Arrays.copyOf(doubles, 2 * i);
            doubles[i] = values.readDouble();
        }
    }

    private void load() {
        entry = 0;
        if (pages.next()) {
            repetition = pages.repetitionLevels();
            definition = pages.definitionLevels();
            values = pages.decoder();
        } else {
            values = null;
        }
    }
}
