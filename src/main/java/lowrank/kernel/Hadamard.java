package lowrank.kernel;

/** The Walsh-Hadamard transform: H_1 = 1, H_2n = [H_n H_n; H_n -H_n]. */
final class Hadamard {
    private Hadamard() {}

    /** The least power of two that is at least {@code n}. */
    static int order(int n) {
        return n <= 1 ? 1 : Integer.highestOneBit(n - 1) << 1;
    }

    /** x = H x, where {@code order} is a power of two: order log2(order) additions. */
    static void transform(double[] x, int order) {
        for (int half = 1; half < order; half *= 2) {
            for (int first = 0; first < order; first += 2 * half) {
                butterflies(x, first, half);
            }
        }
    }

    private static void butterflies(double[] x, int first, int half) {
        for (int i = first; i < first + half; i++) {
            double a = x[i];
            double b = x[i + half];
            x[i] = a + b;
            x[i + half] = a - b;
        }
    }
}
