package lowrank.kernel;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.random.Philox;

/**
 * A uniform sample without replacement: the rows with the smallest keys, where the key of a row is a random number at its position.
 *
 * @param count rows wanted
 * @param below keys from here on are passed over: it keeps leaves from sending rows that cannot be among the smallest
 * @param distinct of equal rows, the one with the smallest key alone: distinct rows with chances that grow with their number
 * @param mask index of a column of numbers, or -1: rows in which it is 0 are not drawn
 */
public record SamplePass(long seed, int count, double below, boolean distinct, int mask) implements Pass<Sample> {
    /** So many standard deviations above the mean, a number of keys is not reached. */
    private static final double DEVIATIONS = 10;

    /** Of all rows. */
    SamplePass(long seed, int count, double below, boolean distinct) {
        this(seed, count, below, distinct, -1);
    }

    /**
     * A sample of rows that a mask shows, or of all.
     *
     * @param rows of the table
     * @param mask index of the column that is 0 in rows that are not to be drawn, or -1
     */
    public static SamplePass shown(long seed, int count, long rows, int mask) {
        return new SamplePass(seed, count, mask < 0 ? bound(count, rows) : 1, false, mask);
    }

    /** Keys below which there are at least {@code count} of {@code rows}, but for a chance of 1e-20; 1 where that is all. */
    static double bound(int count, long rows) {
        double bound = (count + DEVIATIONS * Math.sqrt(count) + 5 * DEVIATIONS) / rows;
        return Math.min(1, bound);
    }

    @Override
    public String label() {
        return "sample rows";
    }

    /** Where a bound holds keys back, all nodes together are little more than the sample. */
    @Override
    public long nodeBytes(Schema schema) {
        return below < 1 ? 0 : 8L * count * (schema.first().width() + 2);
    }

    @Override
    public Fold<Sample> open(Arena arena, Schema schema, Layout layout) {
        Philox random = new Philox(seed, Landmarks.Streams.UNIFORM);
        int d = schema.first().width();
        RowReader reader = new RowReader(schema.first());
        RowReader shown = mask < 0 ? null : new RowReader(schema.columns().get(mask));
        return new Fold<>() {
            private double[] keys = new double[64];
            private long[] rows = new long[64];
            private double[] values = new double[64 * d];
            private int filled;
            private double limit = below;

            @Override
            public void add(Block block) {
                for (int i = 0; i < block.rows(); i++) {
                    double key = random.uniformAt(block.firstRow() + i, 0);
                    if (key < limit && isShown(block, i)) {
                        if (filled == keys.length) {
                            makeRoom();
                        }
                        keys[filled] = key;
                        rows[filled] = block.firstRow() + i;
                        System.arraycopy(reader.read(block.first(), i, 1), 0, values, filled * d, d);
                        filled++;
                    }
                }
            }

            private boolean isShown(Block block, int row) {
                return shown == null || shown.read(block.columns().get(mask), row, 1)[0] != 0;
            }

            private void makeRoom() {
                if (filled >= 2 * count) {
                    Sample best = best();
                    filled = best.count();
                    System.arraycopy(best.keys(), 0, keys, 0, filled);
                    System.arraycopy(best.rows(), 0, rows, 0, filled);
                    System.arraycopy(best.values(), 0, values, 0, filled * d);
                    if (filled == count) {
                        limit = keys[filled - 1];
                        return;
                    }
                }
                int room = 2 * keys.length;
                keys = Arrays.copyOf(keys, room);
                rows = Arrays.copyOf(rows, room);
                values = Arrays.copyOf(values, Math.multiplyExact(room, d));
            }

            private Sample best() {
                return Sample.smallest(d, keys, rows, values, filled, count, distinct);
            }

            @Override
            public Sample takeLeaf() {
                Sample sample = best();
                filled = 0;
                limit = below;
                return sample;
            }

            @Override
            public Sample merge(Sample left, Sample right) {
                return left.and(right, count, distinct);
            }
        };
    }
}
