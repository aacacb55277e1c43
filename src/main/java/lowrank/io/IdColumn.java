package lowrank.io;

import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.io.ParquetFooter.Kind;
import org.apache.parquet.column.values.ValuesReader;

/** Rows of the column that identifies rows: whole numbers or text. A null is named as an offender and read as 0 or "". */
final class IdColumn {
    private final String name;
    private final Leaf leaf;

    private ChunkPages pages;
    private ValuesReader values;
    private byte[] definition;
    private int entry;

    private long[] numbers;
    private String[] texts;

    IdColumn(String name, Leaf leaf) {
        this.name = name;
        this.leaf = leaf;
    }

    String name() {
        return name;
    }

    Leaf leaf() {
        return leaf;
    }

    /** Begins a row group. */
    void start(ChunkPages chunk) {
        pages = chunk;
        values = null;
    }

    /** Begins a read of so many rows, in pieces. */
    void begin(int rows) {
        numbers = leaf.kind() == Kind.TEXT ? null : new long[rows];
        texts = leaf.kind() == Kind.TEXT ? new String[rows] : null;
    }

    /** What the last read brought. */
    Ids ids() {
        return texts != null ? new Ids.Texts(texts) : new Ids.Longs(numbers);
    }

    /** Reads rows {@code from} to {@code to} of the read that was begun. */
    void read(int from, int to, long globalRow, Offenders offenders) {
        try {
            for (int row = from; row < to; row++) {
                advance();
                if (isNull()) {
                    offenders.add(globalRow + row, name, "is null");
                    if (texts != null) {
                        texts[row] = "";
                    }
                } else if (texts != null) {
                    texts[row] = values.readBytes().toStringUsingUTF8();
                } else {
                    numbers[row] = number();
                }
                entry++;
            }
        } catch (RuntimeException e) {
            throw pages.place().corrupt(e);
        }
    }

    void skip(long rows) {
        try {
            for (long row = 0; row < rows; row++) {
                advance();
                if (!isNull()) {
                    values.skip();
                }
                entry++;
            }
        } catch (RuntimeException e) {
            throw pages.place().corrupt(e);
        }
    }

    private long number() {
        if (leaf.kind() == Kind.INT) {
            return values.readInteger();
        }
        return leaf.unsigned() ? Integer.toUnsignedLong(values.readInteger()) : values.readLong();
    }

    private boolean isNull() {
        return definition != null && definition[entry] != leaf.valueLevel();
    }

    private void advance() {
        if (values != null && entry < pages.count()) {
            return;
        }
        if (!pages.next()) {
            throw pages.place().corrupt("holds fewer rows than the footer says", null);
        }
        definition = pages.isUniform(1, 0) ? null : pages.definitionLevels();
        values = pages.decoder();
        entry = 0;
    }
}
