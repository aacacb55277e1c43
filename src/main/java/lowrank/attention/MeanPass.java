package lowrank.attention;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * Uniform attention: the mean of the values of all keys that a query sees, which any approximation must beat.
 *
 * @param last of each query the last key that it sees, in any order
 */
record MeanPass(long[] last) implements Pass<MeanPass.Sums> {

    /**
     * What queries saw of some rows.
     *
     * @param counts keys that each query sees
     * @param sums of their values, query by query
     */
    record Sums(int width, long[] counts, double[] sums) implements Serializable {
        Sums and(Sums other) {
            Sums both = new Sums(width, counts.clone(), sums.clone());
            Arrays.setAll(both.counts, i -> counts[i] + other.counts[i]);
            Arrays.setAll(both.sums, i -> sums[i] + other.sums[i]);
            return both;
        }

        /** The means, a row per query; zeros where no key is seen. */
        Matrix means() {
            Matrix means = Matrix.zeros(counts.length, width);
            for (int i = 0; i < counts.length; i++) {
                for (int j = 0; j < width && counts[i] > 0; j++) {
                    means.set(i, j, sums[i * width + j] / counts[i]);
                }
            }
            return means;
        }
    }

    @Override
    public String label() {
        return "mean of values";
    }

    @Override
    public boolean reads(int column) {
        return column == Heads.VALUE || column == Heads.MASK;
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * last.length * (Heads.valueWidth(schema) + 1);
    }

    @Override
    public Fold<Sums> open(Arena arena, Schema schema, Layout layout) {
        int width = Heads.valueWidth(schema);
        RowReader reader = new RowReader(schema.columns().get(Heads.VALUE));
        Shown shown = new Shown(schema);
        int[] order = IntStream.range(0, last.length)
                .boxed()
                .sorted(Comparator.comparingLong(i -> last[i]))
                .mapToInt(i -> i)
                .toArray();
        return new Fold<>() {
            private final long[] counts = new long[last.length];
            private final double[] sums = new double[last.length * width];
            private final double[] running = new double[width];

            @Override
            public void add(Block block) {
                shown.read(Heads.mask(block), block.rows());
                Slab values = block.columns().get(Heads.VALUE);
                Arrays.fill(running, 0);
                long count = 0;
                int query = 0;
                // Queries that see nothing of this block come first.
                while (query < last.length && last[order[query]] < block.firstRow()) {
                    query++;
                }
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int some = Math.min(reader.panelRows(), block.rows() - first);
                    double[] rows = reader.read(values, first, some);
                    for (int i = 0; i < some; i++) {
                        if (shown.row(first + i)) {
                            for (int j = 0; j < width; j++) {
                                running[j] += rows[i * width + j];
                            }
                            count++;
                        }
                        while (query < last.length && last[order[query]] == block.firstRow() + first + i) {
                            add(order[query++], count);
                        }
                    }
                }
                while (query < last.length) {
                    add(order[query++], count);
                }
            }

            private void add(int query, long count) {
                counts[query] += count;
                for (int j = 0; j < width; j++) {
                    sums[query * width + j] += running[j];
                }
            }

            @Override
            public Sums takeLeaf() {
                Sums leaf = new Sums(width, counts.clone(), sums.clone());
                Arrays.fill(counts, 0);
                Arrays.fill(sums, 0);
                return leaf;
            }

            @Override
            public Sums merge(Sums left, Sums right) {
                return left.and(right);
            }
        };
    }
}
