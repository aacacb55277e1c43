package lowrank.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import lowrank.io.ParquetFooter.Kind;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.values.ValuesReader;

/** The data pages of one column chunk, one after the other, taken apart into levels and values. */
final class ChunkPages {
    private final Leaf leaf;
    private final Place place;
    private final PageReader reader;
    private final Dictionary dictionary;
    private double[] doubles;
    private float[] floats;

    private int count;
    private ByteBuffer repetition;
    private ByteBuffer definition;
    private ByteBuffer values;
    private Encoding encoding;

    ChunkPages(PageReader reader, Leaf leaf, Place place) {
        this.leaf = leaf;
        this.place = place;
        this.reader = reader;
        this.dictionary = dictionary();
    }

    private Dictionary dictionary() {
        try {
            // To be asked for before the first data page.
            DictionaryPage page = reader.readDictionaryPage();
            return page == null ? null : page.getEncoding().initDictionary(leaf.column(), page);
        } catch (IOException e) {
            throw place.corrupt("has a dictionary that cannot be read", e);
        } catch (RuntimeException e) {
            throw place.corrupt(e);
        }
    }

    Place place() {
        return place;
    }

    /** Moves on to the next page that holds anything; false at the end of the chunk. */
    boolean next() {
        try {
            DataPage page;
            do {
                page = reader.readPage();
            } while (page != null && page.getValueCount() == 0);
            if (page == null) {
                return false;
            }
            count = page.getValueCount();
            if (page instanceof DataPageV2 v2) {
                open(v2);
            } else {
                open((DataPageV1) page);
            }
            return true;
        } catch (RuntimeException e) {
            throw place.corrupt(e);
        } catch (IOException e) {
            throw new UncheckedIOException(place.file() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private void open(DataPageV1 page) throws IOException {
        ByteBuffer all = page.getBytes().toByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
        repetition = null;
        definition = null;
        int at = 0;
        if (leaf.column().getMaxRepetitionLevel() > 0) {
            runsOnly(page.getRlEncoding());
            int length = all.getInt(at);
            repetition = all.slice(at + Integer.BYTES, length);
            at += Integer.BYTES + length;
        }
        if (leaf.column().getMaxDefinitionLevel() > 0) {
            runsOnly(page.getDlEncoding());
            int length = all.getInt(at);
            definition = all.slice(at + Integer.BYTES, length);
            at += Integer.BYTES + length;
        }
        values = all.slice(at, all.limit() - at).order(ByteOrder.LITTLE_ENDIAN);
        encoding = page.getValueEncoding();
    }

    private void open(DataPageV2 page) throws IOException {
        repetition = leaf.column().getMaxRepetitionLevel() > 0 ? bytes(page.getRepetitionLevels()) : null;
        definition = leaf.column().getMaxDefinitionLevel() > 0 ? bytes(page.getDefinitionLevels()) : null;
        values = bytes(page.getData());
        encoding = page.getDataEncoding();
    }

    private static ByteBuffer bytes(BytesInput input) throws IOException {
        return input.toByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    private void runsOnly(Encoding levels) {
        if (levels != Encoding.RLE) {
            throw new CorruptFileException(place.file() + " column " + place.column()
                    + " has its levels in an encoding that was given up in 2013: write the file again");
        }
    }

    /** Entries of the page: values, nulls, and empty or null lists. */
    int count() {
        return count;
    }

    /** Whether the page holds nothing but values, in rows of {@code width}, {@code position} values into a row at its start. */
    boolean isUniform(int width, int position) {
        return (definition == null || Levels.allMaximal(definition, leaf.valueLevel(), count))
                && (repetition == null || Levels.rowsOf(repetition, width, position, count));
    }

    /** Repetition level of each entry; null where there is none. */
    byte[] repetitionLevels() {
        return repetition == null
                ? null
                : Levels.unpack(repetition, leaf.column().getMaxRepetitionLevel(), count);
    }

    /** Definition level of each entry; null where there is none. */
    byte[] definitionLevels() {
        return definition == null ? null : Levels.unpack(definition, leaf.valueLevel(), count);
    }

    /** The bytes of the values, where they are written one after the other; null where they are encoded. */
    ByteBuffer plain() {
        return encoding == Encoding.PLAIN ? values : null;
    }

    /** The places in the dictionary, where the page holds these; else null. */
    DictionaryIds dictionaryIds() {
        return encoding.usesDictionary() && dictionary != null ? new DictionaryIds(values) : null;
    }

    /** The dictionary of a column of floats or doubles. */
    double[] dictionaryDoubles() {
        if (doubles == null) {
            boolean wide = leaf.kind() == Kind.DOUBLE || leaf.kind() == Kind.DOUBLE_VECTOR;
            doubles = new double[dictionary.getMaxId() + 1];
            Arrays.setAll(doubles, id -> wide ? dictionary.decodeToDouble(id) : dictionary.decodeToFloat(id));
        }
        return doubles;
    }

    /** The same, rounded. */
    float[] dictionaryFloats() {
        if (floats == null) {
            double[] exact = dictionaryDoubles();
            floats = new float[exact.length];
            for (int id = 0; id < exact.length; id++) {
                floats[id] = (float) exact[id];
            }
        }
        return floats;
    }

    /** Parquet's own reader of the values. */
    ValuesReader decoder() {
        ValuesReader decoder;
        if (!encoding.usesDictionary()) {
            decoder = encoding.getValuesReader(leaf.column(), ValuesType.VALUES);
        } else if (dictionary != null) {
            decoder = encoding.getDictionaryBasedValuesReader(leaf.column(), ValuesType.VALUES, dictionary);
        } else {
            throw place.corrupt("lacks the dictionary that a page needs", null);
        }
        try {
            decoder.initFromPage(count, ByteBufferInputStream.wrap(values));
        } catch (IOException e) {
            throw place.corrupt("has a page that cannot be decoded", e);
        }
        return decoder;
    }
}
