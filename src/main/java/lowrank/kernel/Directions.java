package lowrank.kernel;

/** How the directions of frequencies depend on each other; each by itself is distributed as any other. */
enum Directions {
    /** Not at all. */
    INDEPENDENT("fourier"),
    /** As many as there are inputs are orthogonal to each other: values of kernels are nearer. */
    ORTHOGONAL("orthogonal"),
    /** Orthogonal, and products of signs and Hadamard matrices: D log d operations per row instead of D d. */
    STRUCTURED("structured");

    private final String map;

    Directions(String map) {
        this.map = map;
    }

    /** As {@code features.map} calls it. */
    String map() {
        return map;
    }
}
