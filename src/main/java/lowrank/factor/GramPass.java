package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Triangle;

/** G = A^T A, summed in double over blocks of the precision of the input. */
record GramPass(String label) implements Pass<Triangle> {

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, schema.first().width());
    }

    static double flops(long rows, int cols) {
        return (double) rows * cols * (cols + 1);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return nodeBytes(schema.first().width());
    }

    static long nodeBytes(int cols) {
        return 8L * Triangle.entries(cols);
    }

    @Override
    public Fold<Triangle> open(Arena arena, Schema schema, Layout layout) {
        int n = schema.first().width();
        return schema.first().precision() == Precision.DOUBLE ? new DoubleFold(arena, n) : new FloatFold(arena, n);
    }

    private static final class DoubleFold implements Fold<Triangle> {
        private final Blas blas = Backend.current();
        private final Arena arena;
        private final int n;
        private long gram;
        private boolean empty = true;

        DoubleFold(Arena arena, int n) {
            this.arena = arena;
            this.n = n;
        }

        @Override
        public void add(Block block) {
            if (gram == 0) {
                gram = arena.doubles((long) n * n);
            }
            if (n > 0) {
                // G += A_b^T A_b, where the block as a column-major matrix is A_b^T.
                blas.syrk(
                        Precision.DOUBLE,
                        false,
                        n,
                        block.rows(),
                        1,
                        block.first().address(),
                        n,
                        empty ? 0 : 1,
                        gram,
                        n);
            }
            empty = false;
        }

        @Override
        public Triangle takeLeaf() {
            empty = true;
            return Triangle.load(gram, n, n);
        }

        @Override
        public Triangle merge(Triangle left, Triangle right) {
            return left.plus(right);
        }
    }

    private static final class FloatFold implements Fold<Triangle> {
        private final Blas blas = Backend.current();
        private final Arena arena;
        private final int n;
        private final float[] column;
        private long gram;
        private double[] sum;

        FloatFold(Arena arena, int n) {
            this.arena = arena;
            this.n = n;
            this.column = new float[n];
            this.sum = new double[Triangle.entries(n)];
        }

        @Override
        public void add(Block block) {
            if (gram == 0) {
                gram = arena.allocate((long) n * n, Precision.FLOAT);
            }
            Slab slab = block.first();
            if (n > 0) {
                blas.syrk(Precision.FLOAT, false, n, block.rows(), 1, slab.address(), n, 0, gram, n);
            }
            int at = 0;
            for (int j = 0; j < n; j++) {
                OffHeap.get(gram + 4L * n * j, column, 0, j + 1);
                for (int i = 0; i <= j; i++) {
                    sum[at + i] += column[i];
                }
                at += j + 1;
            }
        }

        @Override
        public Triangle takeLeaf() {
            Triangle leaf = new Triangle(n, sum);
            sum = new double[sum.length];
            return leaf;
        }

        @Override
        public Triangle merge(Triangle left, Triangle right) {
            return left.plus(right);
        }
    }
}
