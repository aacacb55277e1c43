package lowrank.factor;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.linalg.Matrix;

/**
 * How U is confirmed while it is written.
 *
 * @param probes random vectors
 * @param failureProbability how often the bounds that they give may fail
 * @param seed of the vectors, which have a stream of their own
 * @param stored type in which U is stored
 */
public record Probing(int probes, double failureProbability, long seed, Precision stored) {
    /** Each costs 2 m n flops in a pass of 2 m n k: eight are below a tenth of it at rank 100. */
    public static final int PROBES = 8;

    /** With the seed and the probability of a sketch. */
    public static Probing of(Sketch sketch, Precision stored) {
        return new Probing(PROBES, sketch.failureProbability(), sketch.seed(), stored);
    }

    /** Bytes off the heap that a task which writes U takes for it. */
    public static long workBytes(Layout layout, int cols, int rank, Precision computed, Precision stored) {
        return WithResidual.workBytes(layout, cols, rank, PROBES, computed, stored);
    }

    /** Bytes of W and Z, which every executor gets. */
    static long sentBytes(int cols, int rank) {
        return 8L * PROBES * ((long) cols + rank);
    }

    /** Normal vectors W, cols x probes. */
    Matrix vectors(int cols) {
        return Basis.writing(seed, cols, probes);
    }
}
