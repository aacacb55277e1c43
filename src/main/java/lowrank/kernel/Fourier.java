package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blas.VectorMath;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Slab;

/**
 * z(x) = sqrt(2/D) [cos(W'x), sin(W'x)], D/2 frequencies W of a kernel of x - y: z(x)'z(y) = (2/D) sum cos(w'(x - y)), whose mean is
 * k(x, y) and whose variance, with v = x - y and independent frequencies, is (1 + k(2v) - 2 k(v)^2) / D (Rahimi and Recht 2007; Sutherland
 * and Schneider 2015). |z(x)|^2 = 1 = k(x, x) whatever the seed is.
 *
 * <p>One gemm per block, 2 rows inputs D/2 operations, and D/2 cosines and sines per row.
 */
record Fourier(ShiftInvariant kernel, Projection projection) implements FeatureMap {

    @Override
    public int inputs() {
        return projection.inputs();
    }

    @Override
    public int size() {
        return 2 * projection.count();
    }

    @Override
    public double flops(long rows) {
        return projection.flops(rows);
    }

    @Override
    public long mapperBytes(Layout layout, Column input) {
        return projection.bytes(layout, input)
                + (long) layout.blockRows() * size() * input.precision().bytes();
    }

    @Override
    public Mapper open(Arena arena, Column input, Layout layout) {
        Projection.Working products = projection.open(arena, input, layout);
        long features = arena.allocate((long) layout.blockRows() * size(), input.precision());
        double scale = Math.sqrt(2.0 / size());
        if (input.precision() == Precision.FLOAT) {
            Floats waves = new Floats((float) scale);
            return rows -> waves.of(products.of(rows), features);
        }
        Doubles waves = new Doubles(scale);
        return rows -> waves.of(products.of(rows), features);
    }

    private static final class Doubles {
        private final double scale;
        private final double[] cos = new double[OffHeap.TILE];
        private final double[] sin = new double[OffHeap.TILE];

        Doubles(double scale) {
            this.scale = scale;
        }

        Slab of(Slab products, long features) {
            int count = products.width();
            Slab out = new Slab(features, products.rows(), 2 * count, Precision.DOUBLE);
            for (int i = 0; i < products.rows(); i++) {
                for (int first = 0; first < count; first += OffHeap.TILE) {
                    int some = Math.min(OffHeap.TILE, count - first);
                    OffHeap.get(products.row(i) + 8L * first, cos, 0, some);
                    VectorMath.cosSin(cos, cos, sin, some, scale);
                    OffHeap.put(out.row(i) + 8L * first, cos, 0, some);
                    OffHeap.put(out.row(i) + 8L * (count + first), sin, 0, some);
                }
            }
            return out;
        }
    }

    private static final class Floats {
        private final float scale;
        private final float[] cos = new float[OffHeap.TILE];
        private final float[] sin = new float[OffHeap.TILE];

        Floats(float scale) {
            this.scale = scale;
        }

        Slab of(Slab products, long features) {
            int count = products.width();
            Slab out = new Slab(features, products.rows(), 2 * count, Precision.FLOAT);
            for (int i = 0; i < products.rows(); i++) {
                for (int first = 0; first < count; first += OffHeap.TILE) {
                    int some = Math.min(OffHeap.TILE, count - first);
                    OffHeap.get(products.row(i) + 4L * first, cos, 0, some);
                    VectorMath.cosSin(cos, cos, sin, some, scale);
                    OffHeap.put(out.row(i) + 4L * first, cos, 0, some);
                    OffHeap.put(out.row(i) + 4L * (count + first), sin, 0, some);
                }
            }
            return out;
        }
    }
}
