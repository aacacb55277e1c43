package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * Sums the {@link ScoreGram} of a few queries.
 *
 * @param queries a column each, at most {@link ScoreTile#QUERIES}
 * @param last of each query the last key that it sees, or null where all see all
 */
record ScoreGramPass(Matrix queries, long[] last, double scale) implements Pass<ScoreGram> {
    ScoreGramPass {
        if (queries.cols() > ScoreTile.QUERIES) {
            throw new IllegalArgumentException(queries.cols() + " queries do not fit a tile");
        }
    }

    @Override
    public String label() {
        return "inner products of " + queries.cols() + " rows";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return (double) rows * queries.cols() * (2 * Heads.width(schema) + queries.cols());
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * queries.cols() * (queries.cols() + 2);
    }

    /** Bytes off the heap of a task. */
    long taskBytes(Precision precision) {
        return ScoreTile.bytes(precision)
                + precision.bytes() * ((long) queries.values().length + (long) queries.cols() * queries.cols());
    }

    @Override
    public Fold<ScoreGram> open(Arena arena, Schema schema, Layout layout) {
        return new Sums(arena, schema);
    }

    private final class Sums implements Fold<ScoreGram> {
        private final int n = queries.cols();
        private final Arena arena;
        private final Schema schema;
        private final Precision precision;
        private final Shown shown;
        private final double[] max = new double[n];
        private final double[] sum = new double[n];
        private ScoreTile tile;
        private Slab rows;
        private Slab products;
        private RowReader reader;
        private boolean started;

        Sums(Arena arena, Schema schema) {
            this.arena = arena;
            this.schema = schema;
            precision = schema.columns().get(Heads.KEY).precision();
            shown = new Shown(schema);
        }

        private void start() {
            if (tile == null) {
                tile = new ScoreTile(arena, queries.rows(), scale, precision);
                rows = new Slab(RightProduct.store(queries, precision, arena), n, queries.rows(), precision);
                products = new Slab(arena.allocate((long) n * n, precision), n, n, precision);
                reader = new RowReader(n, precision);
            }
            Arrays.fill(max, Double.NEGATIVE_INFINITY);
            Arrays.fill(sum, 0);
            OffHeap.zero(products.address(), products.bytes());
            started = true;
        }

        @Override
        public void add(Block block) {
            if (!started) {
                start();
            }
            shown.read(Heads.mask(block), block.rows());
            Slab keys = block.columns().get(Heads.KEY);
            for (int k = 0; k < block.rows(); k += ScoreTile.KEYS) {
                int count = Math.min(ScoreTile.KEYS, block.rows() - k);
                ScoreTile.Keys some = new ScoreTile.Keys(
                        keys.row(k), count, block.firstRow() + k, shown.all() ? null : shown, null, k);
                tile.take(rows.address(), n, some, last, max, sum, 0);
                if (tile.rescaled()) {
                    rescale(tile.factors());
                }
                Backend.current().syrk(precision, true, n, count, 1, tile.weights(), count, 1, products.address(), n);
            }
        }

        /** Column j of the upper triangle times factor j, row i times factor i. */
        private void rescale(double[] factors) {
            double[] scaled = new double[n];
            RowWriter writer = new RowWriter(precision);
            for (int j = 0; j < n; j++) {
                double[] column = reader.read(products, j, 1);
                for (int i = 0; i <= j; i++) {
                    scaled[i] = column[i] * factors[i] * factors[j];
                }
                writer.put(products.row(j), scaled, 0, j + 1);
            }
        }

        @Override
        public ScoreGram takeLeaf() {
            double[] all = new double[n * n];
            for (int j = 0; j < n; j++) {
                double[] column = reader.read(products, j, 1);
                for (int i = 0; i <= j; i++) {
                    all[j * n + i] = column[i];
                    all[i * n + j] = column[i];
                }
            }
            started = false;
            return new ScoreGram(max.clone(), sum.clone(), all);
        }

        @Override
        public ScoreGram merge(ScoreGram left, ScoreGram right) {
            return left.and(right);
        }
    }
}
