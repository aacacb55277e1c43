package lowrank.kernel;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.linalg.NumericalException;

/**
 * tr(K) and tr(Z Z^T) of a table whose first column holds features z. For Nyström K^ = Z Z^T <= K, so tr(K) - tr(K^) is the nuclear norm
 * of the error and bounds its spectral and Frobenius norms: a certificate over all rows, from a read that is needed anyway.
 *
 * @param self the index of the column of {@link SelfColumn}, or -1 for kernels of distances, whose k(x, x) is the same for all rows
 */
public record TracePass(Kernel kernel, int self) implements Pass<TracePass.Trace> {
    public TracePass {
        if (self < 0 && !constant(kernel)) {
            throw new IllegalArgumentException("k(x, x) of the kernel " + kernel.name()
                    + " differs from row to row: the table needs a column of it");
        }
    }

    /** Whether k(x, x) is the same for all rows. */
    public static boolean constant(Kernel kernel) {
        return kernel.form() != Kernel.Form.PRODUCT && kernel.form() != Kernel.Form.HARMONIC;
    }

    /**
     * Two traces.
     *
     * @param kernel tr(K)
     * @param features tr(Z Z^T)
     */
    public record Trace(double kernel, double features) implements Serializable {

        /** This, if it is known. */
        public Trace finite() {
            if (!Double.isFinite(kernel) || !Double.isFinite(features)) {
                throw new NumericalException(
                        "the traces of the kernel and of its features overflow: scale the input (read.scale = standard), or choose another kernel");
            }
            return this;
        }

        /** tr(K - K^), never below 0, where rounding could put it. */
        public double left() {
            return Math.max(0, kernel - features);
        }

        /** {@link #left} as a part of tr(K); 0 where that is 0. */
        public double relative() {
            return kernel > 0 ? left() / kernel : 0;
        }
    }

    /**
     * How far {@link Trace#relative} of features of landmarks may be off by rounding. Entries of k(L, x) and sums of m of them are off by u =
     * (24 + sqrt(m)) eps |k|; with W that is u |k| / sqrt(w_r), and |k| <= sqrt(w_1) |z|: |z|^2 is off by 2 u sqrt(w_1 / w_r) |z|^2. Of
     * several draws, whose trace is the mean of theirs, the worst.
     */
    public static double rounding(FeatureMap map, Precision precision) {
        double worst = 0;
        for (FeatureMap draw : map.draws()) {
            if (draw instanceof Nystrom one) {
                double sums = 24 + Math.sqrt(one.landmarks().rows());
                worst = Math.max(
                        worst,
                        2 * sums * precision.roundoff() * Math.sqrt(one.core().condition()));
            }
        }
        return worst;
    }

    @Override
    public String label() {
        return "trace";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 2.0 * rows * schema.first().width();
    }

    @Override
    public Fold<Trace> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.first());
        double[] selves = new double[self < 0 ? 0 : layout.blockRows()];
        int width = schema.first().width();
        return new Fold<>() {
            private double ofKernel;
            private double ofFeatures;

            @Override
            public void add(Block block) {
                if (self < 0) {
                    ofKernel += block.rows() * kernel.self(0);
                } else {
                    OffHeap.get(block.columns().get(self).address(), selves, 0, block.rows());
                    for (int i = 0; i < block.rows(); i++) {
                        ofKernel += selves[i];
                    }
                }
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int some = Math.min(reader.panelRows(), block.rows() - first);
                    double[] panel = reader.read(block.first(), first, some);
                    for (int i = 0; i < some; i++) {
                        ofFeatures += squares(panel, i * width, width);
                    }
                }
            }

            @Override
            public Trace takeLeaf() {
                Trace leaf = new Trace(ofKernel, ofFeatures);
                ofKernel = 0;
                ofFeatures = 0;
                return leaf;
            }

            @Override
            public Trace merge(Trace left, Trace right) {
                return new Trace(left.kernel + right.kernel, left.features + right.features);
            }
        };
    }

    /** In four sums, which do not wait for each other. */
    private static double squares(double[] z, int from, int width) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int end = from + width;
        int t = from;
        for (; t + 3 < end; t += 4) {
            a += z[t] * z[t];
            b += z[t + 1] * z[t + 1];
            c += z[t + 2] * z[t + 2];
            d += z[t + 3] * z[t + 3];
        }
        for (; t < end; t++) {
            a += z[t] * z[t];
        }
        return (a + b) + (c + d);
    }
}
