package lowrank.factor;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Entries;
import lowrank.linalg.Matrix;

/**
 * Measures stored coordinates against the rows z that they are of, with the coordinates in the second column and in the third the norm of
 * what they leave: how far they are from c = V'(z - mean) and |z - mean - V c|, and over all rows Z'C, which is V diag(s^2) where s and V
 * are singular values and vectors of Z less its mean.
 *
 * <p><b>Cost</b>: 6 n D k flops; D k doubles to the driver.
 *
 * @param v right singular vectors, D x k
 */
public record CoordinatesPass(Matrix v, double[] mean) implements Pass<CoordinatesPass.Sums> {

    /**
     * What was measured.
     *
     * @param worst the largest difference of a stored value, as a part of |z - mean| + |mean| of its row
     * @param row where it is
     * @param cross Z'C, D x k
     * @param totals sum of c
     * @param norm sum of |z - mean|^2, where V is orthonormal
     */
    public record Sums(double worst, long row, Matrix cross, double[] totals, double norm) implements Serializable {
        /** (Z - 1 mean')'C. */
        public Matrix about(double[] mean) {
            Matrix about = cross.columns(totals.length);
            for (int j = 0; j < totals.length; j++) {
                for (int i = 0; i < mean.length; i++) {
                    about.set(i, j, about.get(i, j) - mean[i] * totals[j]);
                }
            }
            return about;
        }
    }

    /** How far {@link Sums#about} may be off by rounding, as a part of |Z| |c| of a component. */
    public static double rounding(Precision precision, Layout layout, int cols) {
        return Rounding.ofGram(precision, layout, cols);
    }

    @Override
    public String label() {
        return "coordinates";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 6.0 * rows * v.rows() * v.cols();
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * v.rows() * v.cols();
    }

    @Override
    public Fold<Sums> open(Arena arena, Schema schema, Layout layout) {
        return new Comparison(arena, schema, layout);
    }

    private final class Comparison implements Fold<Sums> {
        private final int k = v.cols();
        private final BlockMap.Mapper projection;
        private final CrossSum cross;
        private final RowReader coordinates;
        private final RowReader rests;
        private final RowReader stored;
        private final RowReader storedRests;
        private final double offset;
        private double worst;
        private long row;
        private double[] totals = new double[k];
        private double norm;

        Comparison(Arena arena, Schema schema, Layout layout) {
            Precision precision = schema.first().precision();
            projection = new Projection(v, mean, Magnitude.filled(mean.length, 1)).open(arena, schema, layout);
            cross = new CrossSum(arena, v.rows(), k, precision);
            coordinates = new RowReader(new Column("", k, precision));
            rests = new RowReader(new Column("", 1, precision));
            stored = new RowReader(schema.columns().get(1));
            storedRests = new RowReader(schema.columns().get(2));
            double square = 0;
            for (double m : mean) {
                square += m * m;
            }
            offset = Math.sqrt(square);
        }

        @Override
        public void add(Block block) {
            Block projected = projection.map(block);
            Slab c = projected.first();
            cross.add(block.first(), c);
            for (int i = 0; i < block.rows(); i++) {
                double rest = rests.read(projected.columns().get(1), i, 1)[0];
                double difference = Math.abs(storedRests.read(block.columns().get(2), i, 1)[0] - rest);
                double[] found = coordinates.read(c, i, 1);
                double[] there = stored.read(block.columns().get(1), i, 1);
                double square = rest * rest;
                for (int j = 0; j < k; j++) {
                    difference = Math.max(difference, Math.abs(there[j] - found[j]));
                    totals[j] += found[j];
                    square += found[j] * found[j];
                }
                norm += square;
                keep(difference, Math.sqrt(square) + offset, block.firstRow() + i);
            }
        }

        private void keep(double difference, double length, long at) {
            double part = difference == 0 ? 0 : difference / length;
            if (!(part <= worst)) {
                worst = Double.isNaN(part) ? Double.POSITIVE_INFINITY : part;
                row = at;
            }
        }

        @Override
        public Sums takeLeaf() {
            Sums leaf = new Sums(worst, row, cross.take(), totals, norm);
            worst = 0;
            totals = new double[k];
            norm = 0;
            return leaf;
        }

        @Override
        public Sums merge(Sums left, Sums right) {
            boolean first = left.worst >= right.worst;
            return new Sums(
                    first ? left.worst : right.worst,
                    first ? left.row : right.row,
                    left.cross.plus(right.cross),
                    Entries.sum(left.totals, right.totals),
                    left.norm + right.norm);
        }
    }
}
