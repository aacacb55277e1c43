package lowrank.weights;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;

/**
 * A tensor of a base model and the one of the same name of a model that was tuned from it.
 *
 * @param base as a matrix, or null where it is none
 * @param tuned as a matrix, or null where it is none
 */
public record TensorPair(StoredTensor baseTensor, StoredTensor tunedTensor, Weight base, Weight tuned)
        implements Serializable {
    /** Numbers of one of the two that are held on the heap while the other is read. */
    private static final int PIECE = 1 << 18;

    /** The name in both. */
    public String name() {
        return tunedTensor.name();
    }

    /** Whether both are stored in the same order. */
    private boolean alike() {
        return base == null || base.view() == tuned.view();
    }

    /**
     * How far the tuned one is from its base.
     *
     * @param base ||W||_F
     * @param tuned ||W'||_F
     * @param cosine of the angle between W and W'; 1 where one of them is zero: nothing is known then
     * @param delta ||W' - W||_F
     * @param noise what rounding to the coarser type of the two leaves in W' - W, see {@link StorageNoise}
     */
    public record Change(double base, double tuned, double cosine, double delta, double noise) implements Serializable {
        /** ||W' - W||_F / ||W||_F. */
        public double relative() {
            return delta == 0 ? 0 : delta / base;
        }

        /** How many times its noise the difference is. */
        public double aboveNoise() {
            return noise == 0 ? Double.POSITIVE_INFINITY : delta / noise;
        }

        /** Whether noise makes half of ||W' - W||_F^2 or more. */
        public boolean isNoise() {
            return delta > 0 && aboveNoise() < Math.sqrt(2);
        }
    }

    /** Bytes off the heap of {@link #compare}. */
    public long compareBytes() {
        return alike() ? 0 : 16 * base.count();
    }

    /** Compares the two, a piece at a time where they are stored alike. */
    public Change compare(HadoopConf conf, Arena arena) {
        Sums sums = new Sums();
        if (!alike()) {
            Slab w = base.load(conf, arena);
            Slab v = tuned.load(conf, arena);
            double[] left = new double[OffHeap.TILE];
            double[] right = new double[OffHeap.TILE];
            for (long from = 0; from < w.count(); from += OffHeap.TILE) {
                int some = (int) Math.min(OffHeap.TILE, w.count() - from);
                OffHeap.get(w.address() + 8 * from, left, 0, some);
                OffHeap.get(v.address() + 8 * from, right, 0, some);
                sums.add(left, 0, right, some);
            }
            return sums.change(conf, this);
        }
        long count = baseTensor.count();
        double[] piece = new double[(int) Math.min(PIECE, count)];
        try (TensorReader ofBase = TensorReader.open(conf, baseTensor);
                TensorReader ofTuned = TensorReader.open(conf, tunedTensor)) {
            for (long from = 0; from < count; from += PIECE) {
                long first = from;
                int some = (int) Math.min(PIECE, count - from);
                ofBase.visit(first, some, (at, tile, n) -> System.arraycopy(tile, 0, piece, (int) (at - first), n));
                ofTuned.visit(first, some, (at, tile, n) -> sums.add(piece, (int) (at - first), tile, n));
            }
        }
        return sums.change(conf, this);
    }

    /** W' - W, out x in, row by row, in memory of the arena. */
    Slab delta(HadoopConf conf, Arena arena) {
        Slab difference = tuned.load(conf, arena);
        Slab w = base.load(conf, arena);
        double[] left = new double[OffHeap.TILE];
        double[] right = new double[OffHeap.TILE];
        for (long from = 0; from < w.count(); from += OffHeap.TILE) {
            int some = (int) Math.min(OffHeap.TILE, w.count() - from);
            OffHeap.get(difference.address() + 8 * from, left, 0, some);
            OffHeap.get(w.address() + 8 * from, right, 0, some);
            for (int i = 0; i < some; i++) {
                left[i] -= right[i];
            }
            OffHeap.put(difference.address() + 8 * from, left, 0, some);
        }
        arena.free(w.address());
        return difference;
    }

    /**
     * ||(W' - W) - scale outFactor inFactor^T||_F with the factors as an adapter stores them: no part of the computation that made them is
     * trusted.
     */
    public double residual(HadoopConf conf, AdapterModule module, Arena arena) {
        Slab difference = delta(conf, arena);
        return module.load(conf, module.scale(), arena).residual(difference.address());
    }

    /**
     * Sums over pairs of numbers, a part for each tile, of numbers times 2^-exponent: 0 but where squares would overflow or vanish. A power
     * of two changes no digit.
     */
    private static final class Sums {
        /** Between these exponents squares, and sums of them, neither overflow nor vanish. */
        private static final int SAFE = 300;

        private int exponent;
        private boolean begun;
        private double base;
        private double tuned;
        private double inner;
        private double delta;
        private double binades;

        void add(double[] w, int from, double[] v, int count) {
            unite(w, from, v, count);
            double unit = Math.scalb(1.0, -exponent);
            double ofBase = 0;
            double ofTuned = 0;
            double product = 0;
            double difference = 0;
            double powers = 0;
            for (int i = 0; i < count; i++) {
                double x = w[from + i] * unit;
                double y = v[i] * unit;
                // Infinities that are the same in both, as in masks, have not changed; nor has NaN in both.
                double d = x == y || Double.isNaN(x) && Double.isNaN(y) ? 0 : y - x;
                ofBase += x * x;
                ofTuned += y * y;
                product += x * y;
                difference += d * d;
                double power = StorageNoise.binade(y);
                powers += power * power;
            }
            base += ofBase;
            tuned += ofTuned;
            inner += product;
            delta += difference;
            binades += powers;
        }

        /** Takes a unit in which the squares of the largest numbers so far are in range; those of much smaller ones count nothing. */
        private void unite(double[] w, int from, double[] v, int count) {
            double largest = 0;
            for (int i = 0; i < count; i++) {
                largest = Math.max(largest, Math.max(Math.abs(w[from + i]), Math.abs(v[i])));
            }
            if (largest == 0 || !Double.isFinite(largest)) {
                return;
            }
            int size = Math.getExponent(largest);
            if (begun && size - exponent <= SAFE) {
                return;
            }
            int next = Math.abs(size) < SAFE ? 0 : size;
            double change = Math.scalb(1.0, 2 * (exponent - next));
            if (begun) {
                base *= change;
                tuned *= change;
                inner *= change;
                delta *= change;
                binades *= change;
            }
            exponent = next;
            begun = true;
        }

        Change change(HadoopConf conf, TensorPair pair) {
            boolean zero = base == 0 || tuned == 0;
            return new Change(
                    norm(base),
                    norm(tuned),
                    zero ? 1 : inner / Math.sqrt(base) / Math.sqrt(tuned),
                    norm(delta),
                    StorageNoise.of(conf, pair, norm(binades)));
        }

        private double norm(double squares) {
            return Math.scalb(Math.sqrt(squares), exponent);
        }
    }
}
