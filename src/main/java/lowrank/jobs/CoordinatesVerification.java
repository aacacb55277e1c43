package lowrank.jobs;

import java.util.Arrays;
import lowrank.blocks.RowBlocks;
import lowrank.factor.CoordinatesPass;
import lowrank.factor.Svd;
import lowrank.kernel.TracePass;
import lowrank.linalg.Matrix;
import lowrank.store.FactorTables;
import lowrank.store.KernelModel;

/**
 * Measures kernel principal coordinates against the rows that they are of. With Z the features of all rows less their mean: s and its
 * bounds are what another factorisation finds, Z'Z V = V diag(s^2) with orthonormal columns, and row i has the coordinates V'z and the
 * residual |z - V V'z|.
 *
 * @param stored s, of which a digest knows the values alone
 * @param same whether all is computed as it was, to the bit
 */
record CoordinatesVerification(
        KernelJobSpec spec,
        KernelModel model,
        FactorTables.Spectrum stored,
        FactorTables.RightVectors right,
        boolean same,
        Checks checks) {
    /** LAPACK's limit of max |V'V - I|, in units of the order and of the spacing of doubles. */
    private static final double ORTHONORMAL = 50;

    /** Spacings of doubles that the order of a few operations is worth. */
    private static final double SPACINGS = 4;

    /** The part of their length by which features of other BLAS kernels may differ from those that the tables were made from. */
    private double other() {
        return same ? 0 : TracePass.rounding(model.map(), spec.precision());
    }

    /** The part of their length by which products with V may be off. */
    private double product() {
        double unit =
                Math.max(spec.precision().roundoff(), spec.write().stored().roundoff());
        return unit * (8 + 4 * Math.sqrt(right.mean().length)) + other();
    }

    /**
     * Measures in two reads.
     *
     * @param input the rows
     * @param beside the same, with stored coordinates and residuals in the columns after them
     */
    void check(RowBlocks input, RowBlocks beside) {
        Svd svd = NystromJob.components(model.features(input), spec.coordinates());
        int k = stored.value().length;
        checks.same("components", k == svd.rank() && k == right.v().cols(), "as many as the features have");
        boolean named = right.names().equals(NystromJob.names(model.map().size()))
                && Arrays.stream(right.scale()).allMatch(scale -> scale == 1);
        checks.same("V: names and scales", named, "those of the features");
        if (k != svd.rank() || k != right.v().cols() || right.mean().length != svd.mean().length) {
            return;
        }
        CoordinatesPass.Sums sums = model.features(beside).pass(new CoordinatesPass(right.v(), right.mean()));
        double means = 0;
        for (double mean : right.mean()) {
            means += mean * mean;
        }
        // Before means are subtracted: what rounding is relative to.
        double length = Math.sqrt(sums.norm() + input.rows() * means);
        values(svd, input.rows(), length);
        means(svd, length / Math.sqrt(input.rows()));
        vectors(svd, sums, length, CoordinatesPass.rounding(spec.precision(), input.layout(), right.mean().length));
        checks.atMost("coordinates (row " + sums.row() + ")", sums.worst(), product());
        double kept = 0;
        for (double s : stored.value()) {
            kept += s * s;
        }
        checks.near(
                "variance of coordinates",
                sums.norm() == 0 ? 1 : kept / sums.norm(),
                checks.claimed("variance of coordinates").value(),
                sums.norm() == 0 ? 0 : 4 * product() * length * length / sums.norm());
        checks.covers("s", "V", "coordinates");
    }

    /** How far a value may be from that of another factorisation: both are off by what this one knows of itself. */
    private double slack(Svd svd, int j, double length) {
        double bound = svd.evidence().upper()[j] - svd.s()[j];
        return SPACINGS * Math.ulp(svd.s()[0]) + (same ? 0 : 2 * bound + other() * length);
    }

    private void values(Svd svd, long rows, double length) {
        double norm = svd.evidence().frobeniusNorm();
        Checks.Worst values = new Checks.Worst();
        Checks.Worst variances = new Checks.Worst();
        for (int j = 0; j < svd.rank(); j++) {
            double slack = slack(svd, j, length);
            double s = stored.value()[j];
            values.add(Math.abs(s - svd.s()[j]), slack);
            values.add(Math.abs(stored.lower()[j] - svd.evidence().lower()[j]), slack);
            values.add(Math.abs(stored.upper()[j] - svd.evidence().upper()[j]), slack);
            values.add(Math.abs(stored.residual()[j] - svd.evidence().residual()[j]), slack);
            double variance = rows > 1 ? s * s / (rows - 1) : 0;
            variances.add(Math.abs(stored.variance()[j] - variance), SPACINGS * Math.ulp(variance));
            double share = s / norm * (s / norm);
            variances.add(
                    Math.abs(stored.ratio()[j] - share),
                    SPACINGS * Math.ulp(share) + (same ? 0 : 2 * (slack + other() * length) / norm));
        }
        checks.atMost("s and its bounds", values);
        checks.atMost("s: variances", variances);
    }

    private void means(Svd svd, double length) {
        Checks.Worst worst = new Checks.Worst();
        double largest = Arrays.stream(svd.mean()).map(Math::abs).max().orElse(0);
        for (int i = 0; i < svd.mean().length; i++) {
            double rounding = same ? 0 : product() * length;
            worst.add(Math.abs(right.mean()[i] - svd.mean()[i]), SPACINGS * Math.ulp(largest) + rounding);
        }
        checks.atMost("V: means", worst);
    }

    /** A rounding of c_j = Z v_j, or of Z, comes back from Z'c_j with up to s_1 / s_j of its length. */
    private void vectors(Svd svd, CoordinatesPass.Sums sums, double length, double rounding) {
        Matrix image = sums.about(right.mean());
        Checks.Worst worst = new Checks.Worst();
        for (int j = 0; j < svd.rank(); j++) {
            double s = stored.value()[j];
            double square = 0;
            for (int i = 0; i < image.rows(); i++) {
                double rest = image.get(i, j) / s - s * right.v().get(i, j);
                square += rest * rest;
            }
            worst.add(
                    Math.sqrt(square),
                    stored.residual()[j] + (rounding + product()) * length * (1 + stored.value()[0] / s));
        }
        checks.atMost("Z'Z v / s - s v", worst);
        checks.atMost(
                "max |V'V - I|",
                right.v().orthogonalityDefect(),
                ORTHONORMAL * right.v().rows() * Math.ulp(1.0));
    }
}
