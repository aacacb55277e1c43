package lowrank.attention;

import java.io.Serializable;
import lowrank.kernel.RandomFeatures;
import lowrank.linalg.Matrix;

/**
 * Random features that are drawn, perhaps several times. Each has a seed of its own.
 *
 * @param size features of a draw, m
 * @param repeats independent draws; each has outputs of its own, whose mean is taken
 * @param orthogonal whether the frequencies of as many features as a query has values are orthogonal, and as long as independent ones (Yu
 *     et al. 2016): outputs are nearer to the exact ones
 */
public record FeatureDraws(FeatureKind kind, int size, int repeats, boolean orthogonal, long seed)
        implements Serializable {
    /** Beyond, sums are larger than any sequence of practical length. */
    private static final int MOST = 1 << 16;

    /** From one draw's seed to the next, as draws of {@code features.repeats} have it. */
    private static final long SEEDS = 0x9E3779B97F4A7C15L;

    public FeatureDraws {
        if (size < 1 || repeats < 1 || (long) size * repeats > MOST) {
            throw new IllegalArgumentException(
                    "attention.features and attention.repeats must be at least 1, and their product at most " + MOST
                            + ", not " + size + " and " + repeats);
        }
        if (kind != FeatureKind.POSITIVE && size % 2 != 0) {
            throw new IllegalArgumentException("attention.features must be even for attention.map = " + kind.word()
                    + ", whose features come in pairs, not " + size);
        }
    }

    /** Other draws for each head; those of the first are these. */
    FeatureDraws ofHead(int index) {
        return new FeatureDraws(kind, size, repeats, orthogonal, seed + (long) index * repeats * SEEDS);
    }

    /** Features of all draws. */
    public int total() {
        return size * repeats;
    }

    /** Products with a row that the features of a draw are made of. */
    int products() {
        return kind == FeatureKind.TRIGONOMETRIC ? size / 2 : size;
    }

    /** The frequencies of all draws, one draw after the other, a column for each product. */
    Matrix frequencies(int inputs) {
        Matrix all = Matrix.zeros(inputs, 0);
        for (int r = 0; r < repeats; r++) {
            int drawn = kind == FeatureKind.POSITIVE ? size : size / 2;
            Matrix w = RandomFeatures.frequencies(inputs, drawn, orthogonal, seed + r * SEEDS);
            all = all.beside(w);
            if (kind == FeatureKind.HYPERBOLIC) {
                all = all.beside(Matrix.zeros(inputs, drawn).minus(w));
            }
        }
        return all;
    }
}
