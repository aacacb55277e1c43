package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/**
 * Outputs by trigonometric features: phi(q)'S / phi(q)'z, phi(q) = [cos(w'y), sin(w'y)]; exp(|y|^2 / 2) cancels. The mean over draws.
 *
 * @param frequencies a column each, as they are multiplied with queries
 * @param offsets subtracted from the products
 * @param weighted S, a column for each feature
 * @param weights z
 */
record WaveOutputs(FeatureDraws draws, Matrix frequencies, double[] offsets, Matrix weighted, double[] weights)
        implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return input.with(new Column("values", weighted.rows(), input.first().precision()));
    }

    @Override
    public boolean reads(int column) {
        return column == Heads.QUERY || column == Heads.MASK;
    }

    @Override
    public double flops(long rows, Schema input) {
        return 2.0 * rows * draws.total() * (0.5 * frequencies.rows() + weighted.rows());
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        Precision precision = input.first().precision();
        int width = weighted.rows();
        Blas blas = Backend.current();
        Waves waves = new Waves(draws, precision);
        Shown shown = new Shown(input);
        RightProduct product =
                new RightProduct(arena, frequencies, precision, new Layout(KeySums.ROWS, KeySums.ROWS, KeySums.ROWS));
        long sums = RightProduct.store(weighted, precision, arena);
        Slab features = slab(arena, KeySums.ROWS, draws.total(), precision);
        Slab one = slab(arena, KeySums.ROWS, width, precision);
        Slab all = slab(arena, layout.blockRows(), width, precision);
        RowReader reader = new RowReader(width, precision);
        RowWriter writer = new RowWriter(precision);
        double[][] rowSums = new double[draws.repeats()][KeySums.ROWS];
        double[] out = new double[width];
        return block -> {
            shown.read(Heads.mask(block), block.rows());
            Slab result = new Slab(all.address(), block.rows(), width, precision);
            for (int first = 0; first < block.rows(); first += KeySums.ROWS) {
                int count = Math.min(KeySums.ROWS, block.rows() - first);
                Slab products = product.of(new Slab(block.first().row(first), count, frequencies.rows(), precision));
                for (int i = 0; i < count; i++) {
                    double[] row = waves.row(products, i, offsets, 1, features);
                    for (int r = 0; r < rowSums.length; r++) {
                        rowSums[r][i] = sum(row, r * draws.size());
                    }
                }
                for (int r = 0; r < rowSums.length; r++) {
                    long skipped = (long) r * draws.size() * precision.bytes();
                    blas.gemm(
                            precision,
                            false,
                            false,
                            width,
                            count,
                            draws.size(),
                            1,
                            sums + skipped * width,
                            width,
                            features.address() + skipped,
                            draws.total(),
                            0,
                            one.address(),
                            width);
                    for (int i = 0; i < count; i++) {
                        double sum = rowSums[r][i] * draws.repeats();
                        if (shown.row(first + i) && (sum == 0 || !Double.isFinite(sum))) {
                            throw new NumericalException("the sum of the weights of the query in row "
                                    + (block.firstRow() + first + i) + " (from 0) is " + sum
                                    + "; use attention.map = positive");
                        }
                        Arrays.fill(out, 0);
                        if (r > 0) {
                            System.arraycopy(reader.read(result, first + i, 1), 0, out, 0, width);
                        }
                        double[] values = reader.read(one, i, 1);
                        for (int j = 0; j < width && shown.row(first + i); j++) {
                            out[j] += values[j] / sum;
                        }
                        writer.put(result.row(first + i), out, 0, width);
                    }
                }
            }
            return block.with(result);
        };
    }

    private double sum(double[] features, int first) {
        double sum = 0;
        for (int f = first; f < first + draws.size(); f++) {
            sum += features[f] * weights[f];
        }
        return sum;
    }

    private static Slab slab(Arena arena, int rows, int width, Precision precision) {
        return new Slab(arena.allocate((long) rows * width, precision), rows, width, precision);
    }
}
