package lowrank.kernel;

/** The discrete Fourier transform of a power of two many complex numbers, X_k = sum x_j exp(-2 pi i jk / n), in place. */
final class Fft {
    private final int n;
    private final double[] cos;
    private final double[] sin;
    private final int[] reversed;

    Fft(int n) {
        if (Integer.bitCount(n) != 1) {
            throw new IllegalArgumentException("a transform takes a power of two many numbers, not " + n);
        }
        this.n = n;
        cos = new double[n / 2];
        sin = new double[n / 2];
        for (int k = 0; k < n / 2; k++) {
            cos[k] = StrictMath.cos(2 * StrictMath.PI * k / n);
            sin[k] = -StrictMath.sin(2 * StrictMath.PI * k / n);
        }
        reversed = new int[n];
        int bits = Integer.numberOfTrailingZeros(n);
        for (int i = 0; i < n; i++) {
            reversed[i] = bits == 0 ? 0 : Integer.reverse(i) >>> (32 - bits);
        }
    }

    /** The transform of re + i im: about 5 n log2(n) operations. Swapping re and im transforms back, but for a factor n. */
    void transform(double[] re, double[] im) {
        for (int i = 0; i < n; i++) {
            int j = reversed[i];
            if (i < j) {
                swap(re, i, j);
                swap(im, i, j);
            }
        }
        for (int half = 1; half < n; half *= 2) {
            int step = n / (2 * half);
            for (int first = 0; first < n; first += 2 * half) {
                for (int k = 0; k < half; k++) {
                    int a = first + k;
                    int b = a + half;
                    double c = cos[k * step];
                    double s = sin[k * step];
                    double real = re[b] * c - im[b] * s;
                    double imaginary = re[b] * s + im[b] * c;
                    re[b] = re[a] - real;
                    im[b] = im[a] - imaginary;
                    re[a] += real;
                    im[a] += imaginary;
                }
            }
        }
    }

    private static void swap(double[] values, int i, int j) {
        double value = values[i];
        values[i] = values[j];
        values[j] = value;
    }
}
