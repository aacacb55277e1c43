package lowrank.io;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.ParquetFooter.Kind;
import org.apache.parquet.column.values.ValuesReader;

/** The numbers of one page, in order. */
abstract sealed class PageValues {
    /** Tiles, one of each type; shared by the pages of a column. */
    record Tiles(double[] doubles, float[] floats, int[] ints) {
        Tiles() {
            this(new double[OffHeap.TILE], new float[OffHeap.TILE], new int[OffHeap.TILE]);
        }
    }

    /** Brings the next {@code count} values to the destination, from its value {@code index} on. */
    abstract void copy(Destination to, long index, int count);

    /** Passes over the next {@code count} values. */
    abstract void skip(int count);

    /**
     * The values of the page that {@code pages} stands at.
     *
     * @param present how many of its entries are values
     */
    static PageValues of(ChunkPages pages, Leaf leaf, int present, Tiles tiles) {
        ByteBuffer plain = pages.plain();
        Precision stored = switch (leaf.kind()) {
            case FLOAT, FLOAT_VECTOR -> Precision.FLOAT;
            case DOUBLE, DOUBLE_VECTOR -> Precision.DOUBLE;
            default -> null;
        };
        DictionaryIds ids = stored == null ? null : pages.dictionaryIds();
        if (ids != null) {
            return new Listed(ids, pages, tiles);
        }
        if (plain == null || stored == null) {
            return new Decoded(pages.decoder(), leaf, tiles);
        }
        if (plain.remaining() < (long) present * stored.bytes()) {
            throw pages.place().corrupt("has a page that ends early", null);
        }
        return new Plain(plain, stored, tiles);
    }

    /** Numbers one after the other, as the processor has them. */
    private static final class Plain extends PageValues {
        private final ByteBuffer bytes;
        private final Precision stored;
        private final DoubleBuffer doubles;
        private final FloatBuffer floats;
        private final Tiles tiles;
        private int at;

        Plain(ByteBuffer bytes, Precision stored, Tiles tiles) {
            this.bytes = bytes;
            this.stored = stored;
            this.doubles = stored == Precision.DOUBLE ? bytes.asDoubleBuffer() : null;
            this.floats = stored == Precision.FLOAT ? bytes.asFloatBuffer() : null;
            this.tiles = tiles;
        }

        @Override
        void copy(Destination to, long index, int count) {
            if (to.precision() == stored && to.takesBytes()) {
                to.put(index, bytes, at * stored.bytes(), count);
                at += count;
                return;
            }
            for (int done = 0; done < count; done += OffHeap.TILE) {
                int some = Math.min(OffHeap.TILE, count - done);
                tile(to, index + done, some);
                at += some;
            }
        }

        private void tile(Destination to, long index, int count) {
            if (stored == Precision.DOUBLE) {
                doubles.get(at, tiles.doubles, 0, count);
            } else {
                floats.get(at, tiles.floats, 0, count);
            }
            if (to.precision() == Precision.DOUBLE) {
                if (stored == Precision.FLOAT) {
                    for (int i = 0; i < count; i++) {
                        tiles.doubles[i] = tiles.floats[i];
                    }
                }
                to.put(index, tiles.doubles, count);
            } else {
                if (stored == Precision.DOUBLE) {
                    for (int i = 0; i < count; i++) {
                        tiles.floats[i] = (float) tiles.doubles[i];
                    }
                }
                to.put(index, tiles.floats, count);
            }
        }

        @Override
        void skip(int count) {
            at += count;
        }
    }

    /** Floats or doubles by their places in the dictionary of the chunk. */
    private static final class Listed extends PageValues {
        private final DictionaryIds ids;
        private final ChunkPages pages;
        private final Tiles tiles;

        Listed(DictionaryIds ids, ChunkPages pages, Tiles tiles) {
            this.ids = ids;
            this.pages = pages;
            this.tiles = tiles;
        }

        @Override
        void copy(Destination to, long index, int count) {
            int[] places = tiles.ints;
            for (int done = 0; done < count; done += OffHeap.TILE) {
                int some = Math.min(OffHeap.TILE, count - done);
                ids.next(places, some);
                if (to.precision() == Precision.DOUBLE) {
                    double[] dictionary = pages.dictionaryDoubles();
                    double[] tile = tiles.doubles;
                    for (int i = 0; i < some; i++) {
                        tile[i] = dictionary[places[i]];
                    }
                    to.put(index + done, tile, some);
                } else {
                    float[] dictionary = pages.dictionaryFloats();
                    float[] tile = tiles.floats;
                    for (int i = 0; i < some; i++) {
                        tile[i] = dictionary[places[i]];
                    }
                    to.put(index + done, tile, some);
                }
            }
        }

        @Override
        void skip(int count) {
            ids.skip(count);
        }
    }

    /** Numbers of any type in any encoding, through parquet's readers, one by one. */
    private static final class Decoded extends PageValues {
        private final ValuesReader reader;
        private final Kind kind;
        private final boolean unsigned;
        private final Tiles tiles;

        Decoded(ValuesReader reader, Leaf leaf, Tiles tiles) {
            this.reader = reader;
            this.kind = leaf.kind();
            this.unsigned = leaf.unsigned();
            this.tiles = tiles;
        }

        @Override
        void copy(Destination to, long index, int count) {
            for (int done = 0; done < count; done += OffHeap.TILE) {
                int some = Math.min(OffHeap.TILE, count - done);
                if (to.precision() == Precision.DOUBLE) {
                    for (int i = 0; i < some; i++) {
                        tiles.doubles[i] = value();
                    }
                    to.put(index + done, tiles.doubles, some);
                } else {
                    for (int i = 0; i < some; i++) {
                        tiles.floats[i] = (float) value();
                    }
                    to.put(index + done, tiles.floats, some);
                }
            }
        }

        private double value() {
            return switch (kind) {
                case FLOAT, FLOAT_VECTOR -> reader.readFloat();
                case DOUBLE, DOUBLE_VECTOR -> reader.readDouble();
                case INT -> reader.readInteger();
                case LONG -> unsigned ? Integer.toUnsignedLong(reader.readInteger()) : reader.readLong();
                case BOOLEAN -> reader.readBoolean() ? 1 : 0;
                case TEXT, SPARK_VECTOR, OTHER -> throw new IllegalStateException("not a number: " + kind);
            };
        }

        @Override
        void skip(int count) {
            reader.skip(count);
        }
    }
}
