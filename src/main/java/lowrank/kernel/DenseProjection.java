package lowrank.kernel;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Draws;

/**
 * Frequencies as a matrix, by which blocks are multiplied in one gemm each.
 *
 * <p>Independent: column f = radius(f) direction(f), a function of (seed, f, coordinate). Orthogonal: inputs columns at a time are
 * Q diag(chi), Q the orthogonal factor of a square matrix of normal numbers with the signs that make R_jj positive, which is then
 * uniform (Haar; Mezzadri 2007), chi the lengths of independent normal vectors, so that a column by itself is N(0, I) (Yu et al. 2016,
 * "Orthogonal random features"); times the radius. Making it costs inputs^2 count operations per executor.
 */
final class DenseProjection implements Projection {
    private static final long serialVersionUID = 1;
    private static final int DIRECTIONS = 20;
    private static final int RADII = 21;
    private static final int LENGTHS = 22;

    private final ShiftInvariant law;
    private final int inputs;
    private final int count;
    private final boolean orthogonal;
    private final long seed;

    /** Made once per executor, since the object is; the tasks that share it wait for the first. */
    private transient Matrix frequencies;

    DenseProjection(ShiftInvariant law, int inputs, int count, boolean orthogonal, long seed) {
        this.law = law;
        this.inputs = inputs;
        this.count = count;
        this.orthogonal = orthogonal;
        this.seed = seed;
    }

    @Override
    public int inputs() {
        return inputs;
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public double flops(long rows) {
        return 2.0 * rows * inputs * count;
    }

    @Override
    public long bytes(Layout layout, Column input) {
        return input.precision().bytes() * ((long) inputs * count + RightProduct.entries(layout.blockRows(), count));
    }

    @Override
    public Working open(Arena arena, Column input, Layout layout) {
        return new RightProduct(arena, frequencies(), input.precision(), layout)::of;
    }

    /** W, inputs x count. */
    synchronized Matrix frequencies() {
        if (frequencies == null) {
            frequencies = orthogonal ? orthogonal() : independent();
        }
        return frequencies;
    }

    private Matrix independent() {
        Matrix w = Matrix.zeros(inputs, count);
        Draws directions = new Draws(seed, DIRECTIONS);
        for (int f = 0; f < count; f++) {
            law.direction(directions, f, w.values(), f * inputs, inputs);
        }
        return w.scaleColumns(radii());
    }

    private Matrix orthogonal() {
        Draws directions = new Draws(seed, DIRECTIONS);
        Draws lengths = new Draws(seed, LENGTHS);
        Matrix w = Matrix.zeros(inputs, count);
        for (int first = 0; first < count; first += inputs) {
            Matrix normal = Matrix.zeros(inputs, inputs);
            for (int j = 0; j < inputs; j++) {
                directions.gaussians((long) first + j, normal.values(), j * inputs, inputs);
            }
            Dense.SmallQr qr = Dense.qr(normal);
            for (int j = 0; j < Math.min(inputs, count - first); j++) {
                double length = lengths.chi((long) first + j, inputs);
                double factor = qr.r().get(j, j) < 0 ? -length : length;
                for (int i = 0; i < inputs; i++) {
                    w.set(i, first + j, factor * qr.q().get(i, j));
                }
            }
        }
        return w.scaleColumns(radii());
    }

    private double[] radii() {
        double[] radii = new double[count];
        Draws random = new Draws(seed, RADII);
        Arrays.setAll(radii, f -> law.radius(random, f));
        return radii;
    }
}
