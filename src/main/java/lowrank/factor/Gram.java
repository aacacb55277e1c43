package lowrank.factor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;

/**
 * The SVD through the eigenvalues of G = A^T A: the fastest route, with half the digits.
 *
 * <p>One pass sums G and the column moments; G = V diag(s^2) V^T, and a second pass writes U = A V S^-1, whose defect of about
 * eps (s_1 / s_k)^2 {@link Svd#writeU} measures and corrects. Centred, the first pass subtracts the first row while packing, G_c =
 * G - m mu mu^T is formed on the driver, and the second pass subtracts the mean itself.
 *
 * <p><b>Cost</b>: 1 pass for s and V, 2 with U, 3 where it is corrected; m n^2 + 2 m n k flops; n (n + 1) / 2 doubles per task to
 * the driver, and eigenvalues of order n there.
 *
 * <p><b>Accuracy</b>: s_j^2 to a small multiple of eps (s_1^2 + m ||mu||^2). Values below {@value #FLOOR} of the square root of that
 * are noise and not returned.
 *
 * @param rank what to keep
 * @param center whether the column means are subtracted
 * @param scale whether columns are divided by their standard deviations (with center only)
 * @param leftVectors whether U will be written
 */
public record Gram(RankRule rank, boolean center, boolean scale, boolean leftVectors) implements SvdAlgorithm {
    /** Least s_j / s_1 that is returned, in double. */
    static final double FLOOR = 1e-7;

    @Override
    public String name() {
        return "gram";
    }

    /** G of the matrix that is factored, how its rows are packed, and ||A||^2 + m ||mu||^2 in place of the norm of G. */
    private record Summed(Matrix g, Reading reading, double offsets) {}

    @Override
    public Svd factor(RowBlocks rows) {
        int n = rows.cols();
        Precision precision = rows.schema().first().precision();
        Summed summed = sum(rows, precision);
        Dense.SmallEigen eigen = Dense.eigen(summed.g);
        int most = (int) Math.min(rows.rows(), n);
        double[] squares = new double[most];
        for (int j = 0; j < most; j++) {
            squares[j] = Math.max(0, eigen.w()[n - 1 - j]);
        }
        double[] all = Arrays.stream(squares).map(Math::sqrt).toArray();
        double norm = squares[0] + summed.offsets;
        double floor = FLOOR * Math.sqrt(precision.roundoff() / Precision.DOUBLE.roundoff()) * Math.sqrt(norm);
        int resolved = (int) Arrays.stream(all).filter(x -> x > floor).count();
        int wanted = rank.choose(all);
        int k = Math.min(wanted, resolved);
        Reading reading = summed.reading;
        List<String> notes = new ArrayList<>();
        if (k < wanted) {
            notes.add("gram returns no values below " + floor / reading.unit() + ", where they are noise: " + k
                    + " are returned; use factor.algorithm = tsqr for more");
        }
        double[] s = Arrays.copyOf(all, k);
        Matrix v = leading(eigen.v(), k);
        double[] signs = Signs.of(v);
        v = v.scaleColumns(signs);
        LeftFactor u = null;
        if (leftVectors) {
            double[] inverse = Arrays.stream(s).map(x -> 1 / x).toArray();
            u = LeftFactor.of(rows, reading.packing(), reading.unit())
                    .then(new Times("values", Packing.none(n), v.scaleColumns(inverse)));
        }
        double error = Rounding.ofGram(precision, rows.layout(), n) * norm;
        Evidence evidence = evidence(rows, squares, s, error, reading, notes);
        return new Svd(u, Magnitude.divided(s, reading.unit()), v, reading.mean(), reading.deviation(), evidence);
    }

    /** One pass; a second one when magnitudes ask for another unit. */
    private Summed sum(RowBlocks rows, Precision precision) {
        double[] pivot = Reading.pivot(rows, center);
        double[] units = Magnitude.filled(pivot.length, 1);
        Pass.Both<Moments, Triangle> sums =
                rows.map(new Pack(new Packing(pivot, units))).pass(pass(pivot.length));
        double[] better = Magnitude.units(sums.first().largest(), precision, scale);
        if (Magnitude.areUnits(better)) {
            units = better;
            sums = rows.map(new Pack(new Packing(pivot, units))).pass(pass(pivot.length));
            Magnitude.requireFinite(Magnitude.largest(sums.first().largest()));
        }
        Reading reading = Reading.of(sums.first(), pivot, units, center, scale);
        Magnitude.requireNormal(reading.deviation());
        return corrected(sums.second().symmetric(), sums.first(), reading, units);
    }

    private Pass<Pass.Both<Moments, Triangle>> pass(int cols) {
        return Pass.both(new MomentsPass(Packing.none(cols), center), new GramPass("Gram"));
    }

    /** (G - m mu mu^T) D^-1 on both sides, D the deviations. */
    private Summed corrected(Matrix g, Moments moments, Reading reading, double[] units) {
        int n = g.cols();
        Matrix c = Matrix.zeros(n, n);
        double offsets = 0;
        for (int j = 0; j < n; j++) {
            double fj = scale ? reading.packing().factor()[j] / units[j] : 1;
            double mu = moments.mean()[j];
            offsets += moments.count() * (mu * fj) * (mu * fj);
            for (int i = 0; i < n; i++) {
                double fi = scale ? reading.packing().factor()[i] / units[i] : 1;
                c.set(i, j, (g.get(i, j) - moments.count() * (moments.mean()[i] * mu)) * fi * fj);
            }
        }
        return new Summed(c, reading, offsets);
    }

    /** The last k columns, the last first. */
    private static Matrix leading(Matrix ascending, int k) {
        int[] order = new int[k];
        Arrays.setAll(order, j -> ascending.cols() - 1 - j);
        return ascending.columns(order, k);
    }

    /**
     * With G off by {@code error} in norm, so is every s_j^2. U = A V S^-1 and its correction leave residuals of a few error / s_j.
     */
    private static Evidence evidence(
            RowBlocks rows, double[] squares, double[] s, double error, Reading reading, List<String> notes) {
        double unit = reading.unit();
        int k = s.length;
        double[] lower = new double[k];
        double[] upper = new double[k];
        double[] residual = new double[k];
        for (int j = 0; j < k; j++) {
            lower[j] = Math.sqrt(Math.max(0, squares[j] - error)) / unit;
            upper[j] = Math.sqrt(squares[j] + error) / unit;
            residual[j] = 4 * error / s[j] / unit;
        }
        double rebuilt = k == 0 ? 0 : 4 * error / s[k - 1];
        double next = k < squares.length ? squares[k] : 0;
        double tail = 0;
        for (int j = squares.length - 1; j >= k; j--) {
            tail += squares[j] + error;
        }
        double[] values = Arrays.stream(squares).map(x -> Math.sqrt(x) / unit).toArray();
        double spectral = k == squares.length ? rebuilt : Math.sqrt(next + 2 * error) + rebuilt;
        double frobenius = Math.sqrt(tail) + Math.sqrt(k) * rebuilt;
        return new Evidence(
                "gram",
                reading.frobenius() / unit,
                values[0],
                Math.max(spectral, frobenius) / unit,
                spectral / unit,
                lower,
                upper,
                residual,
                Evidence.numericalRank(values, rows),
                values,
                Missed.NOTHING,
                notes);
    }

    @Override
    public List<PlannedPass> passes(long rows, int cols) {
        List<PlannedPass> passes = new ArrayList<>();
        passes.add(new PlannedPass(
                "moments + Gram",
                MomentsPass.flops(rows, cols) + GramPass.flops(rows, cols),
                MomentsPass.nodeBytes(cols) + GramPass.nodeBytes(cols)));
        if (leftVectors) {
            passes.add(PlannedPass.ofU(rows, cols, rank.most(rows, cols)));
        }
        return passes;
    }

    @Override
    public long partialBytes(int cols) {
        return 8 * (Triangle.entries(cols) + 4L * cols);
    }

    @Override
    public long broadcastBytes(long rows, int cols) {
        return leftVectors ? 8L * cols * rank.most(rows, cols) : 0;
    }

    @Override
    public long taskBytes(Layout layout, int cols) {
        long sums = 8 * ((center ? (long) layout.blockRows() * cols : 0) + (long) cols * cols);
        return Math.max(sums, SvdAlgorithm.productBytes(layout, cols, rank.most(layout.rows(), cols), center));
    }

    @Override
    public long driverBytes(long rows, int cols) {
        return 8L * 10 * cols * cols;
    }
}
