package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;

/**
 * Sums {@link SegmentMeans}.
 *
 * @param segments m, at most the rows of the table
 * @param values whether those of values are summed too
 */
record SegmentPass(int segments, boolean values) implements Pass<SegmentMeans> {
    /** So many segments of a table, or one for each row where it has fewer. */
    static SegmentPass of(int segments, boolean values, Layout layout) {
        return new SegmentPass((int) Math.min(segments, layout.rows()), values);
    }

    @Override
    public String label() {
        return "means of " + segments + " segments";
    }

    @Override
    public boolean reads(int column) {
        return column != Heads.VALUE || values;
    }

    private int valueWidth(Schema schema) {
        return values ? Heads.valueWidth(schema) : 0;
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * segments * (2L * Heads.width(schema) + valueWidth(schema) + 1);
    }

    @Override
    public Fold<SegmentMeans> open(Arena arena, Schema schema, Layout layout) {
        RowReader[] readers = new RowReader[] {
            new RowReader(schema.columns().get(Heads.QUERY)),
            new RowReader(schema.columns().get(Heads.KEY)),
            new RowReader(schema.columns().get(Heads.VALUE))
        };
        Shown shown = new Shown(schema);
        int d = Heads.width(schema);
        return new Fold<>() {
            private final long[] counts = new long[segments];
            private final double[][] sums = {
                new double[segments * d], new double[segments * d], new double[segments * valueWidth(schema)]
            };

            @Override
            public void add(Block block) {
                shown.read(Heads.mask(block), block.rows());
                for (int i = 0; i < block.rows(); i++) {
                    counts[segment(block.firstRow() + i)] += shown.row(i) ? 1 : 0;
                }
                for (int c = Heads.QUERY; c <= Heads.VALUE; c++) {
                    if (reads(c)) {
                        add(block, c, readers[c], sums[c]);
                    }
                }
            }

            private void add(Block block, int column, RowReader reader, double[] sums) {
                int width = sums.length / segments;
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int some = Math.min(reader.panelRows(), block.rows() - first);
                    double[] rows = reader.read(block.columns().get(column), first, some);
                    for (int i = 0; i < some; i++) {
                        if (shown.row(first + i)) {
                            int to = segment(block.firstRow() + first + i) * width;
                            for (int j = 0; j < width; j++) {
                                sums[to + j] += rows[i * width + j];
                            }
                        }
                    }
                }
            }

            private int segment(long row) {
                return (int) (Math.multiplyExact(row, segments) / layout.rows());
            }

            @Override
            public SegmentMeans takeLeaf() {
                SegmentMeans leaf = new SegmentMeans(counts.clone(), sums[0].clone(), sums[1].clone(), sums[2].clone());
                Arrays.fill(counts, 0);
                for (double[] sum : sums) {
                    Arrays.fill(sum, 0);
                }
                return leaf;
            }

            @Override
            public SegmentMeans merge(SegmentMeans left, SegmentMeans right) {
                return left.and(right);
            }
        };
    }
}
