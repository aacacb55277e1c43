package lowrank.attention;

import lowrank.blas.Precision;
import lowrank.blas.VectorMath;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;

/** Cosines and sines of products with frequencies, those of a draw one after the other. One thread's. */
final class Waves {
    private final int size;
    private final RowReader reader;
    private final RowWriter writer;
    private final double[] angles;
    private final double[] cos;
    private final double[] sin;
    private final double[] features;

    Waves(FeatureDraws draws, Precision precision) {
        size = draws.size();
        reader = new RowReader(draws.total() / 2, precision);
        writer = new RowWriter(precision);
        angles = new double[size / 2];
        cos = new double[size / 2];
        sin = new double[size / 2];
        features = new double[draws.total()];
    }

    /**
     * A row of a slab = factor [cos(product - offset), sin(product - offset)].
     *
     * @return the same, valid until the next call
     */
    double[] row(Slab products, int row, double[] offsets, double factor, Slab target) {
        double[] values = reader.read(products, row, 1);
        int half = size / 2;
        for (int at = 0; at < products.width(); at += half) {
            for (int f = 0; f < half; f++) {
                angles[f] = values[at + f] - offsets[at + f];
            }
            VectorMath.cosSin(angles, cos, sin, half, factor);
            System.arraycopy(cos, 0, features, 2 * at, half);
            System.arraycopy(sin, 0, features, 2 * at + half, half);
        }
        writer.put(target.row(row), features, 0, features.length);
        return features;
    }
}
