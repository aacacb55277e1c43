package lowrank.weights;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.HadoopConf;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * How much heads of a layer write into what heads of a later one read: ||M_1 M_2||_F / (||M_1||_F ||M_2||_F), with M_1 = W_OV of the
 * earlier head and M_2 = W_QK (by queries), W_QK^T (by keys) or W_OV (by values) of the later one. Random matrices give about
 * 1 / sqrt(width).
 *
 * <p>M_1 = W_V W_O and M_2 = U V^T; with W_V = Q_1 R_1 and V = Q_2 R_2 the norm of M_1 M_2 is that of (R_1 W_O) (U R_2^T), size x size,
 * since Q_1 and Q_2 have orthonormal columns. So each head is one thin matrix, and each pair one product of two.
 *
 * @param from the earlier layer
 * @param to the later layer
 */
public record Composition(AttentionLayer from, AttentionLayer to) implements Serializable {

    /** What of the later head is written into. */
    public enum Kind {
        Q,
        K,
        V
    }

    /**
     * The scores of all pairs.
     *
     * @param of kind, then {@code from} head times heads of the later layer + {@code to} head
     */
    public record Scores(int from, int to, int toHeads, double[][] of) implements Serializable {
        /** The score of a pair. */
        public double of(Kind kind, int fromHead, int toHead) {
            return of[kind.ordinal()][fromHead * toHeads + toHead];
        }
    }

    /** Computes them. <b>Cost</b>: {@link #flops}. */
    public Scores run(HadoopConf conf, Arena arena) {
        int d = from.width();
        int written = from.size();
        int read = to.size();
        AttentionLayer.Loaded earlier = from.load(conf, arena);
        AttentionLayer.Loaded later = to.load(conf, arena);
        long a = arena.doubles((long) d * written);
        long b = arena.doubles((long) d * read * to.heads());
        long c = arena.doubles((long) written * read * to.heads());
        double[][] scores = new double[Kind.values().length][from.heads() * to.heads()];
        for (Kind kind : Kind.values()) {
            double[] norms = new double[to.heads()];
            for (int head = 0; head < to.heads(); head++) {
                norms[head] = put(reading(later, kind, head), b + 8L * head * d * read);
            }
            for (int head = 0; head < from.heads(); head++) {
                // W_O^T R_1^T, whose transpose is R_1 W_O.
                double norm = put(earlier.output(head).timesTranspose(Dense.triangle(earlier.value(head))), a);
                Backend.current()
                        .gemm(
                                Precision.DOUBLE,
                                true,
                                false,
                                written,
                                read * to.heads(),
                                d,
                                1,
                                a,
                                d,
                                b,
                                d,
                                0,
                                c,
                                written);
                for (int other = 0; other < to.heads(); other++) {
                    long size = (long) written * read;
                    double product = norm == 0 || norms[other] == 0
                            ? 0
                            : FactorPair.norm(c + 8 * other * size, size) / norm / norms[other];
                    scores[kind.ordinal()][head * to.heads() + other] = product;
                }
            }
        }
        return new Scores(from.number(), to.number(), to.heads(), scores);
    }

    /** U R_2^T. */
    private static Matrix reading(AttentionLayer.Loaded later, Kind kind, int head) {
        return switch (kind) {
            case Q -> later.query(head).timesTranspose(Dense.triangle(later.key(head)));
            case K -> later.key(head).timesTranspose(Dense.triangle(later.query(head)));
            case V -> later.value(head).timesTranspose(Dense.triangle(later.output(head)));
        };
    }

    /** Stores a matrix, and returns its norm. */
    private static double put(Matrix matrix, long address) {
        OffHeap.put(address, matrix.values(), 0, matrix.values().length);
        return FactorPair.norm(address, matrix.values().length);
    }

    /** Flops for a pair of layers. */
    public double flops() {
        double d = from.width();
        return 3
                * (2 * d * from.heads() * from.size() * to.heads() * to.size()
                        + 4
                                * d
                                * (from.heads() * from.size() * from.size()
                                        + (double) to.heads() * to.size() * to.size()));
    }

    /** Bytes off the heap for a pair of layers. */
    public long bytes() {
        return 8 * (from.count() + to.count())
                + 8L * (to.heads() * to.size() + 5L * from.size()) * (from.width() + from.size());
    }

    /** Numbers read. */
    public long count() {
        return from.count() + to.count();
    }
}
