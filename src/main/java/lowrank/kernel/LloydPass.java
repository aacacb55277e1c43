package lowrank.kernel;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Column;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/** A step of k-means: sums and numbers of the rows nearest to each centre (the first of those equally near), m x d. */
record LloydPass(Matrix centres) implements Pass<LloydPass.Sums> {

    /**
     * What a step sums.
     *
     * @param sums a centre after the other
     * @param spread sum of the squared distances to the nearest centre
     */
    record Sums(double[] sums, long[] counts, double spread) implements Serializable {}

    @Override
    public String label() {
        return "k-means";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return CrossKernel.flops(rows, centres);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * centres.rows() * (centres.cols() + 1L);
    }

    @Override
    public Fold<Sums> open(Arena arena, Schema schema, Layout layout) {
        return new LloydFold(arena, schema.first(), layout);
    }

    private final class LloydFold implements Fold<Sums> {
        private final CrossKernel cross;
        private final Precision precision;
        private final RowReader reader;
        private final double[] tile = new double[OffHeap.TILE];
        private final float[] floats = new float[OffHeap.TILE];
        private final int m = centres.rows();
        private final int d = centres.cols();
        private double[] sums;
        private long[] counts;
        private double spread;

        LloydFold(Arena arena, Column input, Layout layout) {
            cross = new CrossKernel(new SquaredDistance(), centres, arena, input, layout);
            precision = input.precision();
            reader = new RowReader(input);
        }

        @Override
        public void add(Block block) {
            if (sums == null) {
                sums = new double[Math.multiplyExact(m, d)];
                counts = new long[m];
                spread = 0;
            }
            Slab distances = cross.of(block.first(), block.firstRow());
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int some = Math.min(reader.panelRows(), block.rows() - first);
                double[] panel = reader.read(block.first(), first, some);
                for (int i = 0; i < some; i++) {
                    int nearest = nearest(distances, first + i);
                    counts[nearest]++;
                    int to = nearest * d;
                    int from = i * d;
                    for (int t = 0; t < d; t++) {
                        sums[to + t] += panel[from + t];
                    }
                }
            }
        }

        private int nearest(Slab distances, int row) {
            int nearest = 0;
            double least = Double.POSITIVE_INFINITY;
            for (int from = 0; from < m; from += OffHeap.TILE) {
                int count = Math.min(OffHeap.TILE, m - from);
                long address = distances.row(row) + (long) from * precision.bytes();
                if (precision == Precision.DOUBLE) {
                    OffHeap.get(address, tile, 0, count);
                } else {
                    OffHeap.get(address, floats, 0, count);
                    for (int j = 0; j < count; j++) {
                        tile[j] = floats[j];
                    }
                }
                for (int j = 0; j < count; j++) {
                    if (tile[j] < least) {
                        least = tile[j];
                        nearest = from + j;
                    }
                }
            }
            spread += least;
            return nearest;
        }

        @Override
        public Sums takeLeaf() {
            Sums leaf = new Sums(sums, counts, spread);
            sums = null;
            return leaf;
        }

        @Override
        public Sums merge(Sums left, Sums right) {
            double[] both = left.sums.clone();
            long[] number = left.counts.clone();
            for (int j = 0; j < both.length; j++) {
                both[j] += right.sums[j];
            }
            for (int j = 0; j < number.length; j++) {
                number[j] += right.counts[j];
            }
            return new Sums(both, number, left.spread + right.spread);
        }
    }
}
