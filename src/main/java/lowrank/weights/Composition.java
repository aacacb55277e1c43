package lowrank.weights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.HadoopConf;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * How much heads of some layers write into what heads of a later one read: ||M_1 M_2||_F / (||M_1||_F ||M_2||_F), with M_1 = W_OV of the
 * earlier head and M_2 = W_QK (by queries), W_QK^T (by keys) or W_OV (by values) of the later one. Random matrices give about
 * 1 / sqrt(width).
 *
 * <p>M_1 = W_V W_O and M_2 = U V^T; with W_V = Q_1 R_1 and V = Q_2 R_2 the norm of M_1 M_2 is that of (R_1 W_O) (U R_2^T), size x size,
 * since Q_1 and Q_2 have orthonormal columns. So each head is one thin matrix, and each pair one product of two. The thin matrices of the
 * later layer are made once for all earlier layers of a run.
 *
 * @param from earlier layers
 * @param to the later layer
 */
public record Composition(List<AttentionLayer> from, AttentionLayer to) implements Serializable {
    /**
     * Earlier layers of one run. A run factors 3 matrices for each head of the later layer, and one for each head of each earlier layer:
     * with four of these, nearly half of what single pairs would factor is left, and a model of 12 layers still makes 21 runs.
     */
    private static final int RUN = 4;

    /** Numbers of products that are held at once: 16 MB. */
    private static final long PRODUCTS = 1 << 21;

    public Composition {
        from = new ArrayList<>(from);
    }

    /** All pairs of an earlier and a later layer, in runs. */
    public static List<Composition> of(List<AttentionLayer> layers) {
        List<Composition> runs = new ArrayList<>();
        for (int to = 1; to < layers.size(); to++) {
            int count = (to + RUN - 1) / RUN;
            for (int run = 0; run < count; run++) {
                runs.add(new Composition(layers.subList(run * to / count, (run + 1) * to / count), layers.get(to)));
            }
        }
        return runs;
    }

    /** What of the later head is written into. */
    public enum Kind {
        Q,
        K,
        V
    }

    /**
     * The scores of all pairs of heads of two layers.
     *
     * @param of kind, then {@code from} head times heads of the later layer + {@code to} head
     */
    public record Scores(int from, int to, int toHeads, double[][] of) implements Serializable {
        /** Heads of the earlier layer. */
        public int fromHeads() {
            return of[0].length / toHeads;
        }

        /** The score of a pair. */
        public double of(Kind kind, int fromHead, int toHead) {
            return of[kind.ordinal()][fromHead * toHeads + toHead];
        }
    }

    /** Computes them, for one earlier layer after the other. <b>Cost</b>: {@link #flops}. */
    public List<Scores> run(HadoopConf conf, Arena arena) {
        Reading reading = reading(conf, arena);
        List<Scores> scores = new ArrayList<>();
        for (AttentionLayer layer : from) {
            scores.add(scores(layer, reading, conf, arena));
        }
        return scores;
    }

    /**
     * U R_2^T of all kinds and heads of the later layer, side by side, each width x size; off the heap.
     *
     * @param norms of each
     */
    private record Reading(long address, double[] norms) {}

    private Reading reading(HadoopConf conf, Arena arena) {
        AttentionLayer.Loaded later = to.load(conf, arena);
        long size = (long) to.width() * to.size();
        double[] norms = new double[Kind.values().length * to.heads()];
        long address = arena.doubles(norms.length * size);
        for (Kind kind : Kind.values()) {
            for (int head = 0; head < to.heads(); head++) {
                int at = kind.ordinal() * to.heads() + head;
                norms[at] = put(reading(later, kind, head), address + 8 * at * size, size);
            }
        }
        later.free(arena);
        return new Reading(address, norms);
    }

    private static Matrix reading(AttentionLayer.Loaded later, Kind kind, int head) {
        return switch (kind) {
            case Q -> later.query(head).timesTranspose(Dense.triangle(later.key(head)));
            case K -> later.key(head).timesTranspose(Dense.triangle(later.query(head)));
            case V -> later.value(head).timesTranspose(Dense.triangle(later.output(head)));
        };
    }

    private Scores scores(AttentionLayer layer, Reading reading, HadoopConf conf, Arena arena) {
        int d = layer.width();
        int size = layer.size();
        int together = together(layer);
        int readings = reading.norms.length;
        AttentionLayer.Loaded earlier = layer.loadOutputValue(conf, arena);
        long a = arena.doubles((long) d * size * together);
        long c = arena.doubles((long) size * together * readings * to.size());
        double[][] scores = new double[Kind.values().length][layer.heads() * to.heads()];
        for (int first = 0; first < layer.heads(); first += together) {
            int heads = Math.min(together, layer.heads() - first);
            double[] norms = new double[heads];
            for (int i = 0; i < heads; i++) {
                // W_O^T R_1^T, whose transpose is R_1 W_O.
                Matrix writing = earlier.output(first + i).timesTranspose(Dense.triangle(earlier.value(first + i)));
                norms[i] = put(writing, a + 8L * i * d * size, (long) d * size);
            }
            int rows = heads * size;
            int cols = readings * to.size();
            Backend.current()
                    .gemm(Precision.DOUBLE, true, false, rows, cols, d, 1, a, d, reading.address, d, 0, c, rows);
            double[] squares = squares(c, heads, size, readings);
            for (int i = 0; i < heads; i++) {
                for (int at = 0; at < readings; at++) {
                    double norm = norms[i] * reading.norms[at];
                    scores[at / to.heads()][(first + i) * to.heads() + at % to.heads()] =
                            norm == 0 ? 0 : Math.sqrt(squares[i * readings + at]) / norm;
                }
            }
        }
        arena.free(a);
        arena.free(c);
        earlier.free(arena);
        return new Scores(layer.number(), to.number(), to.heads(), scores);
    }

    /** Heads of an earlier layer whose products are taken at once: a wide product does not pack the later layer for each head anew. */
    private int together(AttentionLayer layer) {
        long each = (long) layer.size() * Kind.values().length * to.heads() * to.size();
        return (int) Math.max(1, Math.min(layer.heads(), PRODUCTS / each));
    }

    /** The squared norms of blocks of {@code size} rows and as many columns as a head reads numbers, one after the other. */
    private double[] squares(long c, int heads, int size, int readings) {
        double[] column = new double[heads * size];
        double[] squares = new double[heads * readings];
        for (int j = 0; j < readings * to.size(); j++) {
            OffHeap.get(c + 8L * j * column.length, column, 0, column.length);
            for (int i = 0; i < heads; i++) {
                double sum = 0;
                for (int k = i * size; k < (i + 1) * size; k++) {
                    sum += column[k] * column[k];
                }
                squares[i * readings + j / to.size()] += sum;
            }
        }
        return squares;
    }

    /**
     * Stores a matrix in units of a power of two near its norm, so that no square overflows, and returns the norm in them. Where heads have
     * more numbers than a place, triangles have fewer rows than that, and the columns that are missing are 0.
     *
     * @param room numbers that belong to the matrix
     */
    private static double put(Matrix matrix, long address, long room) {
        double[] values = matrix.values();
        OffHeap.zero(address, 8 * room);
        OffHeap.put(address, values, 0, values.length);
        double norm = FactorPair.norm(address, values.length);
        if (norm == 0) {
            return 0;
        }
        int exponent = -Math.getExponent(norm);
        double[] scaled = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            scaled[i] = Math.scalb(values[i], exponent);
        }
        OffHeap.put(address, scaled, 0, scaled.length);
        return Math.scalb(norm, exponent);
    }

    /** Flops of a run: triangles, what they are multiplied with, and the products of all pairs of heads. */
    public double flops() {
        double d = to.width();
        double read = Kind.values().length * (double) to.heads() * to.size();
        double flops = 4 * d * read * to.size();
        for (AttentionLayer layer : from) {
            double written = (double) layer.heads() * layer.size();
            flops += 4 * d * written * layer.size() + 2 * d * written * read;
        }
        return flops;
    }

    /** Bytes off the heap for a run. */
    public long bytes() {
        long d = to.width();
        long read = (long) Kind.values().length * to.heads() * to.size();
        // Copies of single heads come and go: two factors, a triangle and a product.
        long reading = to.count() + (3 * d + 2L * to.size()) * to.size();
        long writing = from.stream()
                .mapToLong(layer -> layer.outputValueCount()
                        + layer.size() * (together(layer) * (d + read) + 3 * d + 2L * layer.size()))
                .max()
                .orElse(0);
        return 8 * (d * read + Math.max(reading, writing));
    }

    /** Numbers read. */
    public long count() {
        return to.count()
                + from.stream().mapToLong(AttentionLayer::outputValueCount).sum();
    }
}
