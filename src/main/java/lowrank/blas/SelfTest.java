package lowrank.blas;

/**
 * Products, solves and factorisations of odd shapes against plain loops: OpenBLAS kernels have been silently wrong on
 * particular processors as late as 2026, so nothing is trusted before it has passed here. Takes some tens of milliseconds in a fresh process.
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
            if (!foldedTriangleIsThatOfTheWhole(blas, 55, arena)) {
                return "self-test: wrong QR of two triangles of order 55";
            }
            if (!factorsRebuild(blas, 67, 41, arena)) {
                return "self-test: wrong QR with or without pivots of 67 x 41";
            }
            if (!symmetricFactorsRebuild(blas, 41, arena)) {
                return "self-test: wrong Cholesky or eigenvalue factors of order 41";
            }
            if (!eigenvaluesAreThoseOfACirculant(blas, 41, arena)) {
                return "self-test: wrong eigenvalues of order 41";
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

    /** Stores the values, and rounds them to the precision where they are. */
    private static long store(Precision p, double[] values, Arena arena) {
        long address = arena.allocate(values.length, p);
        if (p == Precision.DOUBLE) {
            OffHeap.put(address, values, 0, values.length);
        } else {
            float[] floats = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                floats[i] = (float) values[i];
                values[i] = floats[i];
            }
            OffHeap.put(address, floats, 0, values.length);
        }
        return address;
    }

    private static double[] load(Precision p, long address, int count) {
        double[] values = new double[count];
        if (p == Precision.DOUBLE) {
            OffHeap.get(address, values, 0, count);
        } else {
            float[] floats = new float[count];
            OffHeap.get(address, floats, 0, count);
            for (int i = 0; i < count; i++) {
                values[i] = floats[i];
            }
        }
        return values;
    }

    /** C = A^T B by gemm in four ways, then once more added to it, and G = A^T A by syrk, for k x m and k x n operands. */
    private static boolean productsAgree(Blas blas, Precision p, int m, int n, int k, Arena arena) {
        double[] a = sequence(k * m, 1);
        double[] b = sequence(k * n, 7);
        long pa = store(p, a, arena);
        long pb = store(p, b, arena);
        long pat = store(p, transpose(a, k, m), arena);
        long pbt = store(p, transpose(b, k, n), arena);
        long pc = arena.allocate((long) m * n, p);
        long ptn = arena.allocate((long) m * n, p);
        long pnn = arena.allocate((long) m * n, p);
        long ptt = arena.allocate((long) m * n, p);
        long pg = arena.allocate((long) m * m, p);
        blas.gemm(p, true, false, m, n, k, 1, pa, k, pb, k, 0, ptn, m);
        blas.gemm(p, false, false, m, n, k, 1, pat, m, pb, k, 0, pnn, m);
        blas.gemm(p, true, true, m, n, k, 1, pa, k, pbt, n, 0, ptt, m);
        OffHeap.copy(ptn, pc, (long) m * n * p.bytes());
        blas.gemm(p, false, true, m, n, k, 1, pat, m, pbt, n, 1, pc, m);
        blas.syrk(p, true, m, k, 1, pa, k, 0, pg, m);
        double tolerance = 16 * k * p.roundoff() * 2;
        double[] tn = load(p, ptn, m * n);
        double[] nn = load(p, pnn, m * n);
        double[] tt = load(p, ptt, m * n);
        double[] added = load(p, pc, m * n);
        double[] gram = load(p, pg, m * m);
        boolean right = true;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                int at = i + j * m;
                double dot = dot(a, i * k, b, j * k, k);
                right &= Math.abs(dot - tn[at]) <= tolerance;
                right &= Math.abs(dot - nn[at]) <= tolerance;
                right &= Math.abs(dot - tt[at]) <= tolerance;
                right &= Math.abs(2 * dot - added[at]) <= 2 * tolerance;
            }
            for (int j = i; j < m; j++) {
                right &= Math.abs(dot(a, i * k, a, j * k, k) - gram[i + j * m]) <= tolerance;
            }
        }
        return right;
    }

    private static double[] transpose(double[] a, int rows, int cols) {
        double[] t = new double[a.length];
        for (int j = 0; j < cols; j++) {
            for (int i = 0; i < rows; i++) {
                t[j + i * cols] = a[i + j * rows];
            }
        }
        return t;
    }

    private static double dot(double[] x, int xFrom, double[] y, int yFrom, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += x[xFrom + i] * y[yFrom + i];
        }
        return sum;
    }

    /** A R^-1 has orthonormal columns, by trsm. */
    private static boolean triangleKeepsGram(Blas blas, Precision p, int m, int n, Arena arena) {
        double[] a = sequence(m * n, 3);
        for (int j = 0; j < n; j++) {
            a[j * m + j] += 4;
        }
        long pa = store(p, a, arena);
        long pq = store(p, a, arena);
        blas.qrTriangle(p, m, n, pa, m, arena);
        blas.trsm(p, false, false, m, n, 1, pa, m, pq, m);
        return gramsDiffer(load(p, pq, m * n), m, identity(n), n, n) <= THRESHOLD * m * p.roundoff();
    }

    /** The n x n upper triangle at {@code address}, columns {@code ld} apart, with zeros below. */
    private static double[] triangle(long address, int n, int ld) {
        double[] r = new double[n * n];
        for (int j = 0; j < n; j++) {
            OffHeap.get(address + 8L * ld * j, r, j * n, j + 1);
        }
        return r;
    }

    private static double[] load(long address, int count) {
        return load(Precision.DOUBLE, address, count);
    }

    /** Largest difference of A^T A and B^T B, for m x n and l x n operands. */
    private static double gramsDiffer(double[] a, int m, double[] b, int l, int n) {
        double worst = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                worst = Math.max(worst, Math.abs(dot(a, i * m, a, j * m, m) - dot(b, i * l, b, j * l, l)));
            }
        }
        return worst;
    }

    /** R^T R = R1^T R1 + R2^T R2. */
    private static boolean foldedTriangleIsThatOfTheWhole(Blas blas, int n, Arena arena) {
        double[] stack = new double[2 * n * n];
        double[] values = sequence(2 * n * n, 11);
        long r1 = arena.doubles((long) n * n);
        long r2 = arena.doubles((long) n * n);
        OffHeap.put(r1, values, 0, n * n);
        OffHeap.put(r2, values, n * n, n * n);
        for (int j = 0; j < n; j++) {
            System.arraycopy(values, j * n, stack, 2 * j * n, j + 1);
            System.arraycopy(values, n * n + j * n, stack, 2 * j * n + n, j + 1);
        }
        blas.foldTriangles(n, r1, n, r2, n, arena);
        double tolerance = THRESHOLD * 2 * n * Precision.DOUBLE.roundoff() * n;
        return gramsDiffer(triangle(r1, n, n), n, stack, 2 * n, n) <= tolerance;
    }

    /** Q R = A with Q^T Q = 1; and R^T R = (A P)^T (A P) of the pivoted factorisation. */
    private static boolean factorsRebuild(Blas blas, int m, int n, Arena arena) {
        double[] a = sequence(m * n, 13);
        long q = store(Precision.DOUBLE, a, arena);
        long r = arena.doubles((long) n * n);
        blas.qr(m, n, q, m, r, n, arena);
        double[] rt = transpose(triangle(r, n, n), n, n);
        double[] qt = transpose(load(q, m * n), m, n);
        double unit = THRESHOLD * m * Precision.DOUBLE.roundoff();
        boolean right = gramsDiffer(load(q, m * n), m, identity(n), n, n) <= unit;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l <= j; l++) {
                    sum += qt[l + i * n] * rt[j + l * n];
                }
                right &= Math.abs(sum - a[i + j * m]) <= unit * n;
            }
        }
        int[] pivots = new int[n];
        long pivoted = store(Precision.DOUBLE, a, arena);
        blas.qrPivoted(m, n, pivoted, m, pivots, arena);
        double[] permuted = new double[m * n];
        for (int j = 0; j < n; j++) {
            System.arraycopy(a, pivots[j] * m, permuted, j * m, m);
        }
        return right && gramsDiffer(triangle(pivoted, n, m), n, permuted, m, n) <= unit * m;
    }

    private static double[] identity(int n) {
        double[] eye = new double[n * n];
        for (int i = 0; i < n; i++) {
            eye[i * (n + 1)] = 1;
        }
        return eye;
    }

    /** R^T R = A by Cholesky, and V diag(w) V^T = A with V^T V = 1, for a symmetric A with a dominant diagonal. */
    private static boolean symmetricFactorsRebuild(Blas blas, int n, Arena arena) {
        double[] a = sequence(n * n, 17);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < j; i++) {
                a[j + i * n] = a[i + j * n];
            }
            a[j * (n + 1)] += n;
        }
        long r = store(Precision.DOUBLE, a, arena);
        long v = store(Precision.DOUBLE, a, arena);
        double[] w = new double[n];
        if (blas.cholesky(n, r, n) != 0 || blas.eigen(n, v, n, w) != 0) {
            return false;
        }
        double unit = THRESHOLD * n * Precision.DOUBLE.roundoff();
        double[] upper = triangle(r, n, n);
        double[] rows = transpose(load(v, n * n), n, n);
        boolean right = gramsDiffer(load(v, n * n), n, identity(n), n, n) <= unit;
        for (int i = 0; i < n; i++) {
            for (int j = i; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < n; l++) {
                    sum += rows[l + i * n] * w[l] * rows[l + j * n];
                }
                double size = unit * 2 * n;
                right &= Math.abs(sum - a[i + j * n]) <= size;
                right &= Math.abs(dot(upper, i * n, upper, j * n, n) - a[i + j * n]) <= size;
            }
        }
        return right;
    }

    /** Of a matrix whose columns are one column shifted round, the eigenvalues are the sums of c_i w^(i l) over i, w^n = 1. */
    private static boolean eigenvaluesAreThoseOfACirculant(Blas blas, int n, Arena arena) {
        double[] c = sequence(n, 19);
        double[] a = new double[n * n];
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) {
                a[(i + j) % n + j * n] = c[i];
            }
        }
        double[] re = new double[n];
        double[] im = new double[n];
        if (blas.eigenvalues(n, store(Precision.DOUBLE, a, arena), n, re, im, arena) != 0) {
            return false;
        }
        double tolerance = THRESHOLD * n * Precision.DOUBLE.roundoff() * n;
        boolean right = true;
        for (int l = 0; l < n; l++) {
            double x = 0;
            double y = 0;
            for (int i = 0; i < n; i++) {
                double angle = 2 * Math.PI * ((long) i * l % n) / n;
                x += c[i] * Math.cos(angle);
                y += c[i] * Math.sin(angle);
            }
            double nearest = Double.POSITIVE_INFINITY;
            for (int j = 0; j < n; j++) {
                nearest = Math.min(nearest, Math.hypot(re[j] - x, im[j] - y));
            }
            right &= nearest <= tolerance;
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
        double[] left = transpose(load(u, m * n), m, n);
        double[] right = load(vt, n * n);
        double unit = THRESHOLD * m * Precision.DOUBLE.roundoff();
        boolean rebuilt = gramsDiffer(load(u, m * n), m, identity(n), n, n) <= unit
                && gramsDiffer(transpose(right, n, n), n, identity(n), n, n) <= unit;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < n; l++) {
                    sum += left[l + i * n] * s[l] * right[l + j * n];
                }
                rebuilt &= Math.abs(sum - a[i + j * m]) <= unit * s[0];
            }
        }
        return rebuilt;
    }
}
