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
        int done = 1;
        if (order >= 8) {
            // Neighbours in registers: loops of one, two and four are too short to be vectorised.
            for (int first = 0; first < order; first += 8) {
                eight(x, first);
            }
            done = 8;
        }
        for (int half = done; half < order; half *= 2) {
            for (int first = 0; first < order; first += 2 * half) {
                butterflies(x, first, half);
            }
        }
    }

    private static void eight(double[] x, int i) {
        double a0 = x[i] + x[i + 1];
        double a1 = x[i] - x[i + 1];
        double a2 = x[i + 2] + x[i + 3];
        double a3 = x[i + 2] - x[i + 3];
        double a4 = x[i + 4] + x[i + 5];
        double a5 = x[i + 4] - x[i + 5];
        double a6 = x[i + 6] + x[i + 7];
        double a7 = x[i + 6] - x[i + 7];
        double b0 = a0 + a2;
        double b1 = a1 + a3;
        double b2 = a0 - a2;
        double b3 = a1 - a3;
        double b4 = a4 + a6;
        double b5 = a5 + a7;
        double b6 = a4 - a6;
        double b7 = a5 - a7;
        x[i] = b0 + b4;
        x[i + 1] = b1 + b5;
        x[i + 2] = b2 + b6;
        x[i + 3] = b3 + b7;
        x[i + 4] = b0 - b4;
        x[i + 5] = b1 - b5;
        x[i + 6] = b2 - b6;
        x[i + 7] = b3 - b7;
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
