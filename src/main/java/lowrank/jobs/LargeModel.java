package lowrank.jobs;

import java.util.List;

/** The matrices of Llama 2 with 70 billion parameters (Touvron et al., 2023), embeddings left out: what a prediction goes by. */
final class LargeModel {
    private static final int LAYERS = 80;
    private static final int WIDTH = 8192;
    private static final int KEYS = 1024;
    private static final int INNER = 28_672;

    private LargeModel() {}

    /** Matrices of one shape. */
    record Shape(int out, int in, int count) {}

    static List<Shape> shapes() {
        return List.of(
                new Shape(WIDTH, WIDTH, 2 * LAYERS),
                new Shape(KEYS, WIDTH, 2 * LAYERS),
                new Shape(INNER, WIDTH, 2 * LAYERS),
                new Shape(WIDTH, INNER, LAYERS));
    }
}
