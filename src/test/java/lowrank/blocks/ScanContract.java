package lowrank.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;
import org.junit.jupiter.api.Test;

/** What {@link RowBlocks#scan} promises, wherever the tasks run. */
public abstract class ScanContract {
    private static final int LEAF = 8;
    private static final int BLOCK = 4;

    /** Rows of a source, visited by at least {@code tasks} tasks where there are as many leaves. */
    protected abstract RowBlocks blocks(BlockSource source, int tasks);

    /** A table in short leaves, the last of them and its last block not full: 77 leaves of 8 rows, blocks of 4. */
    protected static MatrixRows source(Matrix matrix) {
        return new MatrixRows(matrix, "x", Precision.DOUBLE, new Layout(matrix.rows(), LEAF, BLOCK));
    }

    private static final int ROWS = 76 * LEAF + 3;

    /** All rows, one after the other. */
    public record Collect() implements Pass<double[]> {
        @Override
        public String label() {
            return "collect";
        }

        @Override
        public Fold<double[]> open(Arena arena, Schema schema, Layout layout) {
            RowReader reader = new RowReader(schema.first());
            return new Fold<>() {
                private double[] leaf = new double[0];

                @Override
                public void add(Block block) {
                    for (int i = 0; i < block.rows(); i++) {
                        double[] row = reader.read(block.first(), i, 1);
                        leaf = merge(
                                leaf,
                                java.util.Arrays.copyOf(row, schema.first().width()));
                    }
                }

                @Override
                public double[] takeLeaf() {
                    double[] taken = leaf;
                    leaf = new double[0];
                    return taken;
                }

                @Override
                public double[] merge(double[] left, double[] right) {
                    double[] both = java.util.Arrays.copyOf(left, left.length + right.length);
                    System.arraycopy(right, 0, both, left.length, right.length);
                    return both;
                }
            };
        }
    }

    /** S = sum of k_i v_i^T over rows [q k v] of three parts of the same width: what linear attention remembers. */
    record Outer(int d) implements Pass<Matrix> {
        @Override
        public String label() {
            return "outer products";
        }

        @Override
        public double flops(long rows, Schema schema) {
            return 2.0 * rows * d * d;
        }

        @Override
        public Fold<Matrix> open(Arena arena, Schema schema, Layout layout) {
            RowReader reader = new RowReader(schema.first());
            return new Fold<>() {
                private Matrix leaf = Matrix.zeros(d, d);

                @Override
                public void add(Block block) {
                    for (int i = 0; i < block.rows(); i++) {
                        accumulate(leaf, reader.read(block.first(), i, 1));
                    }
                }

                @Override
                public Matrix takeLeaf() {
                    Matrix taken = leaf;
                    leaf = Matrix.zeros(d, d);
                    return taken;
                }

                @Override
                public Matrix merge(Matrix left, Matrix right) {
                    return left.plus(right);
                }
            };
        }

        private static void accumulate(Matrix sum, double[] row) {
            int d = sum.rows();
            for (int a = 0; a < d; a++) {
                for (int b = 0; b < d; b++) {
                    sum.set(a, b, sum.get(a, b) + row[d + a] * row[2 * d + b]);
                }
            }
        }
    }

    /**
     * Causal linear attention without features: out_t = q_t^T S_t. With {@code own} the map gives the node of its block itself, as one
     * would that has computed its features already.
     */
    public record Causal(int d, boolean own) implements Scan<Matrix> {
        @Override
        public Pass<Matrix> sum() {
            return new Outer(d);
        }

        @Override
        public Schema schema(Schema input) {
            return input.with(new Column("out", d, Precision.DOUBLE));
        }

        @Override
        public Mapper<Matrix> open(Arena arena, Schema input, Layout layout) {
            RowReader reader = new RowReader(input.first());
            long buffer = arena.doubles((long) layout.blockRows() * d);
            return new Mapper<>() {
                private Matrix ofBlock;

                @Override
                public Block map(Block block, Matrix before) {
                    ofBlock = Matrix.zeros(d, d);
                    Slab out = new Slab(buffer, block.rows(), d, Precision.DOUBLE);
                    for (int i = 0; i < block.rows(); i++) {
                        double[] row = reader.read(block.first(), i, 1);
                        Outer.accumulate(ofBlock, row);
                        Matrix all = before == null ? ofBlock : before.plus(ofBlock);
                        Matrix q = new Matrix(d, 1, java.util.Arrays.copyOf(row, d));
                        OffHeap.put(out.row(i), all.transposeTimes(q).values(), 0, d);
                    }
                    return block.with(out);
                }

                @Override
                public Matrix node(Block block, Fold<Matrix> fold) {
                    return own ? ofBlock : Mapper.super.node(block, fold);
                }
            };
        }
    }

    /** Rows [1 1 x], so that out_t = x_0 + ... + x_t. */
    private static Matrix forTotals(int rows) {
        Matrix a = Matrix.zeros(rows, 3);
        for (int i = 0; i < rows; i++) {
            a.set(i, 0, 1);
            a.set(i, 1, 1);
            a.set(i, 2, 3L * i * i - 1000);
        }
        return a;
    }

    private static Matrix gaussian(int rows, int cols) {
        Matrix a = Matrix.zeros(rows, cols);
        new Philox(5, 17).gaussians(0, 0, a.values(), 0, rows * cols);
        return a;
    }

    private double[] causal(Matrix a, int d, boolean own, int tasks) {
        return blocks(source(a), tasks).scan(new Causal(d, own)).pass(new Collect());
    }

    @Test
    protected void wholeNumbersAddUpExactly() {
        for (int rows : new int[] {1, BLOCK, LEAF, 5 * LEAF - 1, ROWS}) {
            Matrix a = forTotals(rows);
            for (int tasks : new int[] {1, 2, 7, 64}) {
                double[] totals = causal(a, 1, false, tasks);
                double total = 0;
                assertThat(totals).hasSize(rows);
                for (int i = 0; i < rows; i++) {
                    total += a.get(i, 2);
                    assertThat(totals[i])
                            .as("row %d of %d, %d tasks", i, rows, tasks)
                            .isEqualTo(total);
                }
            }
        }
    }

    @Test
    protected void sumsHaveTheSameBitsForAnyNumberOfTasks() {
        Matrix a = gaussian(ROWS, 9);
        List<String> digests = new ArrayList<>();
        for (int tasks : new int[] {1, 2, 7, 64}) {
            digests.add(MemorySink.digest(causal(a, 3, false, tasks)));
            digests.add(MemorySink.digest(causal(a, 3, true, tasks)));
        }
        assertThat(digests).containsOnly(digests.get(0));
    }

    @Test
    protected void causalAttentionIsThatOfTheDefinition() {
        int d = 3;
        Matrix a = gaussian(ROWS, 3 * d);
        double[] out = causal(a, d, true, 7);
        for (int t = 0; t < ROWS; t++) {
            double[] expected = new double[d];
            double terms = 0;
            for (int s = 0; s <= t; s++) {
                double score = 0;
                for (int j = 0; j < d; j++) {
                    score += a.get(t, j) * a.get(s, d + j);
                    terms += Math.abs(a.get(t, j) * a.get(s, d + j));
                }
                for (int j = 0; j < d; j++) {
                    expected[j] += score * a.get(s, 2 * d + j);
                }
            }
            for (int j = 0; j < d; j++) {
                // Sums of t terms in any order, of values of at most 6.
                assertThat(out[t * d + j]).isCloseTo(expected[j], within(ROWS * 0x1p-53 * 6 * (1 + terms)));
            }
        }
    }

    @Test
    protected void nothingLeaksFromTheFuture() {
        Matrix a = gaussian(ROWS, 9);
        double[] out = causal(a, 3, false, 7);
        for (int t : new int[] {0, 2, BLOCK, LEAF, 33 * LEAF + 1, ROWS - 1}) {
            Matrix b = new Matrix(ROWS, 9, a.values().clone());
            for (int j = 0; j < 9; j++) {
                b.set(t, j, 5 + a.get(t, j));
            }
            double[] other = causal(b, 3, false, 7);
            for (int i = 0; i < 3 * t; i++) {
                assertThat(other[i]).isEqualTo(out[i]);
            }
            assertThat(other[3 * t]).isNotEqualTo(out[3 * t]);
        }
    }

    /** One more column of ones on each side: totals become rows [1 1 total] again. */
    record Again() implements BlockMap {
        @Override
        public Schema schema(Schema input) {
            return input.with(new Column("again", 3, Precision.DOUBLE));
        }

        @Override
        public Mapper open(Arena arena, Schema input, Layout layout) {
            long buffer = arena.doubles(3L * layout.blockRows());
            return block -> {
                Slab out = new Slab(buffer, block.rows(), 3, Precision.DOUBLE);
                for (int i = 0; i < block.rows(); i++) {
                    double[] row = {1, 1, OffHeap.getDouble(block.first().row(i))};
                    OffHeap.put(out.row(i), row, 0, 3);
                }
                return block.with(out);
            };
        }
    }

    @Test
    protected void mapsAndScansFollowEachOther() {
        Matrix a = forTotals(ROWS);
        for (int tasks : new int[] {1, 7, 64}) {
            double[] twice = blocks(source(a), tasks)
                    .scan(new Causal(1, true))
                    .map(new Again())
                    .scan(new Causal(1, false))
                    .pass(new Collect());
            double total = 0;
            double ofTotals = 0;
            for (int i = 0; i < ROWS; i++) {
                total += a.get(i, 2);
                ofTotals += total;
                assertThat(twice[i]).isEqualTo(ofTotals);
            }
        }
    }

    @Test
    protected void firstRowIsThatOfTheMappedRows() {
        Matrix a = forTotals(ROWS);
        assertThat(blocks(source(a), 7).scan(new Causal(1, false)).firstRow()).containsExactly(a.get(0, 2));
    }

    @Test
    protected void inputIsCheckedWhileItIsSummed() {
        Matrix a = forTotals(ROWS);
        a.set(100, 2, Double.NaN);
        RowBlocks rows = blocks(source(a), 7);
        assertThatThrownBy(() -> rows.scan(new Causal(1, false)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("row 100 column x[2] is NaN");
    }
}
