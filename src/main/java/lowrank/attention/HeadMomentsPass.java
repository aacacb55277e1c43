package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.factor.GramSum;
import lowrank.linalg.Triangle;

/** Sums {@link HeadMoments}: in a leaf of rows less the first one that is shown. <b>Cost</b>: 2 d^2 flops per row. */
record HeadMomentsPass() implements Pass<HeadMoments> {

    @Override
    public String label() {
        return "means and covariances";
    }

    @Override
    public boolean reads(int column) {
        return column != Heads.VALUE;
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 2 * GramSum.flops(rows, Heads.width(schema));
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 2 * (GramSum.nodeBytes(Heads.width(schema)) + 8L * Heads.width(schema));
    }

    @Override
    public Fold<HeadMoments> open(Arena arena, Schema schema, Layout layout) {
        Sum query = new Sum(arena, schema, layout, Heads.QUERY);
        Sum key = new Sum(arena, schema, layout, Heads.KEY);
        Shown shown = new Shown(schema);
        return new Fold<>() {
            private long count;

            @Override
            public void add(Block block) {
                shown.read(Heads.mask(block), block.rows());
                query.add(block, shown);
                count += key.add(block, shown);
            }

            @Override
            public HeadMoments takeLeaf() {
                HeadMoments leaf = new HeadMoments(count, query.take(count), key.take(count));
                count = 0;
                return leaf;
            }

            @Override
            public HeadMoments merge(HeadMoments left, HeadMoments right) {
                return left.and(right);
            }
        };
    }

    /** One side of a leaf. */
    private static final class Sum {
        private final Arena arena;
        private final int column;
        private final int width;
        private final int blockRows;
        private final Precision precision;
        private final GramSum gram;
        private final RowReader reader;
        private final RowWriter writer;
        private final double[] sum;
        private double[] first;
        private long packed;

        Sum(Arena arena, Schema schema, Layout layout, int column) {
            this.arena = arena;
            this.column = column;
            width = Heads.width(schema);
            blockRows = layout.blockRows();
            precision = schema.columns().get(column).precision();
            gram = new GramSum(arena, width, precision);
            reader = new RowReader(width, precision);
            writer = new RowWriter(precision);
            sum = new double[width];
        }

        /** Adds the rows of a block that are shown; how many those are. */
        int add(Block block, Shown shown) {
            if (packed == 0) {
                packed = arena.allocate((long) blockRows * width, precision);
            }
            Slab rows = block.columns().get(column);
            Slab target = new Slab(packed, blockRows, width, precision);
            int kept = 0;
            for (int done = 0; done < block.rows(); done += reader.panelRows()) {
                int some = Math.min(reader.panelRows(), block.rows() - done);
                double[] values = reader.read(rows, done, some);
                int here = 0;
                for (int i = 0; i < some; i++) {
                    if (shown.row(done + i)) {
                        pack(values, i * width, here++ * width);
                    }
                }
                writer.put(target.row(kept), values, 0, here * width);
                kept += here;
            }
            gram.add(new Slab(packed, kept, width, precision));
            return kept;
        }

        private void pack(double[] values, int from, int to) {
            if (first == null) {
                first = Arrays.copyOfRange(values, from, from + width);
            }
            for (int j = 0; j < width; j++) {
                double x = values[from + j] - first[j];
                values[to + j] = x;
                sum[j] += x;
            }
        }

        HeadMoments.Side take(long count) {
            double[] products = gram.take().values();
            double[] mean = new double[width];
            for (int j = 0, at = 0; j < width && count > 0; at += ++j) {
                mean[j] = first[j] + sum[j] / count;
                for (int i = 0; i <= j; i++) {
                    products[at + i] -= sum[i] * sum[j] / count;
                }
            }
            Arrays.fill(sum, 0);
            first = null;
            return new HeadMoments.Side(mean, new Triangle(width, products));
        }
    }
}
