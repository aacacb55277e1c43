package lowrank.kernel;

import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/** Sets on which uniform landmarks fail (kernels.md, K6). */
final class HardSets {
    private HardSets() {}

    /** A set and the kernel that it is measured with. */
    record HardSet(String name, Matrix rows, Kernel kernel) {}

    private static double normal(Philox random, int i, int column) {
        double[] pair = new double[2];
        random.gaussians(i, column & ~1, pair, 0, 2);
        return pair[column & 1];
    }

    /** One cluster in ten dimensions and, at every 200th place, a row far from it and from the others. */
    static HardSet outliers(int n) {
        Matrix rows = TestKernels.rows(n, 10, false, 31);
        for (int i = 0; i < n; i++) {
            for (int t = 0; t < 10; t++) {
                rows.set(i, t, rows.get(i, t) * (i % 200 == 100 ? 50 : 0.05));
            }
        }
        return new HardSet("outliers", rows, new Gaussian(2));
    }

    /** A face: most rows on the circle of the head, one in ten on the mouth, one in a hundred in each eye. */
    static HardSet smile(int n) {
        Philox random = new Philox(32, 96);
        Matrix rows = Matrix.zeros(n, 2);
        for (int i = 0; i < n; i++) {
            double turn = 2 * Math.PI * random.uniformAt(i, 0);
            double x = 10 * Math.cos(turn);
            double y = 10 * Math.sin(turn);
            if (i % 100 < 2) {
                x = (i % 100 == 0 ? -4 : 4) + 0.3 * normal(random, i, 0);
                y = 4 + 0.3 * normal(random, i, 1);
            } else if (i % 10 == 5) {
                x = 6 * Math.cos(Math.PI + turn / 2);
                y = 6 * Math.sin(Math.PI + turn / 2);
            }
            rows.set(i, 0, x);
            rows.set(i, 1, y);
        }
        return new HardSet("smile", rows, new Gaussian(1));
    }

    /** exp(0.2 t) (cos t, sin t): most rows near the middle, the turns further out ever thinner. */
    static HardSet spiral(int n) {
        Philox random = new Philox(33, 96);
        Matrix rows = Matrix.zeros(n, 2);
        for (int i = 0; i < n; i++) {
            double t = 20 * Math.pow(random.uniformAt(i, 0), 2);
            rows.set(i, 0, Math.exp(0.2 * t) * Math.cos(t));
            rows.set(i, 1, Math.exp(0.2 * t) * Math.sin(t));
        }
        return new HardSet("spiral", rows, new Gaussian(1));
    }
}
