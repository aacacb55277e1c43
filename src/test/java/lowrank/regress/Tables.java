package lowrank.regress;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Column;
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/** Small tables of features, targets and weights, in leaves of 64 rows and blocks of 32. */
final class Tables {
    private Tables() {}

    static double[] zeros(int t) {
        return new double[t];
    }

    /** Normal numbers. */
    static Matrix gaussian(int rows, int cols, long seed) {
        Philox random = new Philox(seed, 98);
        Matrix transposed = Matrix.zeros(cols, rows);
        for (int i = 0; i < rows; i++) {
            random.gaussians(i, 0, transposed.values(), i * cols, cols);
        }
        return transposed.transpose();
    }

    /** Features with singular values that decay from 1 to {@code least}, and means. */
    static Matrix features(int rows, int cols, double least, double mean, long seed) {
        Matrix z = gaussian(rows, cols, seed);
        Matrix mix = gaussian(cols, cols, seed + 1);
        double[] decay = new double[cols];
        for (int j = 0; j < cols; j++) {
            decay[j] = Math.pow(least, (double) j / Math.max(1, cols - 1));
        }
        Matrix features =
                z.scaleColumns(decay).times(lowrank.linalg.Dense.qr(mix).q());
        for (int i = 0; i < features.values().length; i++) {
            features.values()[i] += mean;
        }
        return features;
    }

    /** Z X + noise + mean. */
    static Matrix targets(Matrix z, int t, double noise, double mean, long seed) {
        Matrix y = z.times(gaussian(z.cols(), t, seed));
        Matrix e = gaussian(z.rows(), t, seed + 1);
        for (int i = 0; i < y.values().length; i++) {
            y.values()[i] += noise * e.values()[i] + mean;
        }
        return y;
    }

    /** Whole numbers 0, 1, 2 or 3. */
    static Matrix counts(int rows, long seed) {
        Philox random = new Philox(seed, 97);
        Matrix w = Matrix.zeros(rows, 1);
        for (int i = 0; i < rows; i++) {
            w.set(i, 0, Math.floor(4 * random.uniformAt(i, 0)));
        }
        return w;
    }

    /** Each row as often as its weight says. */
    static Matrix repeated(Matrix a, Matrix counts) {
        List<Integer> rows = new ArrayList<>();
        for (int i = 0; i < a.rows(); i++) {
            for (int c = 0; c < counts.get(i, 0); c++) {
                rows.add(i);
            }
        }
        return rows(a, rows);
    }

    static Matrix rows(Matrix a, List<Integer> rows) {
        Matrix some = Matrix.zeros(rows.size(), a.cols());
        for (int j = 0; j < a.cols(); j++) {
            for (int i = 0; i < rows.size(); i++) {
                some.set(i, j, a.get(rows.get(i), j));
            }
        }
        return some;
    }

    static LocalBlocks of(Matrix... columns) {
        return of(Precision.DOUBLE, new Layout(columns[0].rows(), 64, 32), 1, columns);
    }

    static LocalBlocks of(Precision features, Layout layout, int tasks, Matrix... columns) {
        return LocalBlocks.of(new Source(features, layout, List.of(columns)), tasks);
    }

    /** The first column in the given precision, the others as doubles. */
    private record Source(Precision precision, Layout layout, List<Matrix> matrices) implements BlockSource {
        @Override
        public Schema schema() {
            List<String> names = List.of("values", "target", "weight");
            List<Column> columns = new ArrayList<>();
            for (int c = 0; c < matrices.size(); c++) {
                columns.add(new Column(names.get(c), matrices.get(c).cols(), c == 0 ? precision : Precision.DOUBLE));
            }
            return new Schema(columns, Ids.Type.NONE);
        }

        @Override
        public BlockStream open(LeafRange range, boolean ids, Arena arena) {
            long end = Math.min(range.to() * layout.leafRows(), layout.rows());
            List<Column> columns = schema().columns();
            long[] buffers = columns.stream()
                    .mapToLong(c -> arena.allocate((long) layout.blockRows() * c.width(), c.precision()))
                    .toArray();
            return new BlockStream() {
                private long next = range.from() * layout.leafRows();

                @Override
                public Block next() {
                    if (next >= end) {
                        return null;
                    }
                    int rows = (int) Math.min(layout.blockRows(), end - next);
                    List<Slab> slabs = new ArrayList<>();
                    for (int c = 0; c < columns.size(); c++) {
                        Slab slab = new Slab(
                                buffers[c],
                                rows,
                                columns.get(c).width(),
                                columns.get(c).precision());
                        fill(slab, matrices.get(c), (int) next);
                        slabs.add(slab);
                    }
                    Block block = new Block(next, rows, slabs, null, null);
                    next += rows;
                    return block;
                }

                @Override
                public void close() {}
            };
        }

        private static void fill(Slab slab, Matrix matrix, int first) {
            for (int i = 0; i < slab.rows(); i++) {
                for (int j = 0; j < slab.width(); j++) {
                    double value = matrix.get(first + i, j);
                    if (slab.precision() == Precision.DOUBLE) {
                        OffHeap.putDouble(slab.row(i) + 8L * j, value);
                    } else {
                        OffHeap.putFloat(slab.row(i) + 4L * j, (float) value);
                    }
                }
            }
        }

        @Override
        public String place(long row) {
            return "row " + row;
        }
    }
}
