package lowrank.factor;

import lowrank.linalg.Matrix;

/** The sign convention: the entry of largest magnitude in each right singular vector is positive, ties to the lowest row. */
final class Signs {
    private Signs() {}

    /** +1 or -1 per column of V. */
    static double[] of(Matrix v) {
        double[] signs = new double[v.cols()];
        for (int j = 0; j < v.cols(); j++) {
            double largest = 0;
            double sign = 1;
            for (int i = 0; i < v.rows(); i++) {
                double value = v.get(i, j);
                if (Math.abs(value) > largest) {
                    largest = Math.abs(value);
                    sign = value < 0 ? -1 : 1;
                }
            }
            signs[j] = sign;
        }
        return signs;
    }
}
