package lowrank.blas;

/**
 * Products, solves and factorisations of odd shapes against plain loops: OpenBLAS kernels have been silently wrong on
 * particular processors as late as 2026, so nothing is trusted before it has passed here. Takes a few milliseconds.
 */
final class SelfTest {
    /** LAPACK's own pass mark for factorisations, in units of size times roundoff. */
    private static final double THRESHOLD = 30;

    private SelfTest() {}

    /** What is wrong with this implementation, or null. */
    static String failure(Blas blas) {
        int[][] shapes = {{2, 31, 1}, {1, 1, 1}, {55, 165, 55}, {65, 63, 64}, {17, 130, 129}};
        try (Arena arena = new Arena()) {
            for (Precision p : Precision.values()) {
                for (int[] shape : shapes) {
                    if (!productsAgree(blas, p, shape[0], shape[1], shape[2], arena)) {
                        return "self-test: wrong " + p + " product of shape " + shape[0] + " x " + shape[1] + " x "
                                + shape[2];
                    }
                }
                if (!triangleKeepsGram(blas, p, 165, 55, arena)) {
                    return "self-test: wrong " + p + " QR of 165 x 55";
                }
            }
            return singularVectorsRebuild(blas, 67, 41, arena) ? null : "self-test: wrong SVD of 67 x 41";
        }
    }

    /** A fixed sequence in (-1, 1); any will do, as long as it is the same everywhere. */
    private static double[] sequence(int count, int start) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = Math.IEEEremainder((i + start) * 0.618033988749895, 1) * 2;
        }
        return values;
    }

    private static long store(Precision p, double[] values, Arena arena) {
        long address = arena.allocate(values.length, p);
        for (int i = 0; i < values.length; i++) {
            if (p == Precision.DOUBLE) {
                OffHeap.putDouble(address + 8L * i, values[i]);
            } else {
                values[i] = (float) values[i];
                OffHeap.putFloat(address + 4L * i, (float) values[i]);
            }
        }
        return address;
    }

    private static double at(Precision p, long address, long index) {
        return p == Precision.DOUBLE ? OffHeap.getDouble(address + 8 * index) : OffHeap.getFloat(address + 4 * index);
    }

    /** C = A^T B by gemm, and G = A^T A by syrk, for k x m and k x n operands. */
    private static boolean productsAgree(Blas blas, Precision p, int m, int n, int k, Arena arena) {
        double[] a = sequence(k * m, 1);
        double[] b = sequence(k * n, 7);
        long pa = store(p, a, arena);
        long pb = store(p, b, arena);
        long pc = store(p, new double[m * n], arena);
        long pg = store(p, new double[m * m], arena);
        blas.gemm(p, true, false, m, n, k, 1, pa, k, pb, k, 0, pc, m);
        blas.syrk(p, true, m, k, 1, pa, k, 0, pg, m);
        double tolerance = 16 * k * p.roundoff() * 2;
        boolean right = true;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                right &= Math.abs(dot(a, i * k, b, j * k, k) - at(p, pc, i + (long) j * m)) <= tolerance;
            }
            for (int j = i; j < m; j++) {
                right &= Math.abs(dot(a, i * k, a, j * k, k) - at(p, pg, i + (long) j * m)) <= tolerance;
            }
        }
        return right;
    }

    private static double dot(double[] x, int xFrom, double[] y, int yFrom, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += x[xFrom + i] * y[yFrom + i];
        }
        return sum;
    }

    /** R^T R = A^T A, and A R^-1 has orthonormal columns (which tests trsm). */
    private static boolean triangleKeepsGram(Blas blas, Precision p, int m, int n, Arena arena) {
        double[] a = sequence(m * n, 3);
        for (int j = 0; j < n; j++) {
            a[j * m + j] += 4;
        }
        long pa = store(p, a, arena);
        long pq = store(p, a, arena);
        blas.qrTriangle(p, m, n, pa, m, arena);
        blas.trsm(p, false, false, m, n, 1, pa, m, pq, m);
        boolean right = true;
        double tolerance = THRESHOLD * m * p.roundoff();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int l = 0; l < m; l++) {
                    sum += at(p, pq, l + (long) i * m) * at(p, pq, l + (long) j * m);
                }
                right &= Math.abs(sum - (i == j ? 1 : 0)) <= tolerance;
            }
        }
        return right;
    }

    private static boolean singularVectorsRebuild(Blas blas, int m, int n, Arena arena) {
        double[] a = sequence(m * n, 5);
        long pa = store(Precision.DOUBLE, a, arena);
        long u = arena.doubles((long) m * n);
        long vt = arena.doubles((long) n * n);
        double[] s = new double[n];
        if (blas.svd(false, m, n, pa, m, s, u, m, vt, n, arena) != 0) {
            return false;
        }
        boolean right = true;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < n; l++) {
                    sum += OffHeap.getDouble(u + 8L * (i + l * m)) * s[l] * OffHeap.getDouble(vt + 8L * (l + j * n));
                }
                right &= Math.abs(sum - a[i + j * m]) <= THRESHOLD * m * 0x1p-53 * s[0];
            }
        }
        return right;
    }
}
