package lowrank.factor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/** The steps of one {@link BlockKrylov}. Not reused. */
final class KrylovRun {
    /** In the plain form, values below this times sqrt(eps) s_1 are limited by the squares in A^T A. */
    private static final double SQUARED = 10;

    /** Multiple of eps by which a product with A^T A is off, relative to ||A||_F^2. */
    private static final double PRODUCT = 16;

    private final BlockKrylov spec;
    private final Sketch sketch;
    private final RowBlocks rows;
    private final long m;
    private final int n;
    private final Precision precision;
    private final List<String> notes = new ArrayList<>();
    private Reading reading;

    /** A^T A V_0 of the first round, where the first pass gave it. */
    private Matrix firstProduct;

    KrylovRun(BlockKrylov spec, RowBlocks rows) {
        this.spec = spec;
        this.sketch = spec.sketch();
        this.rows = rows;
        m = rows.rows();
        n = rows.cols();
        precision = rows.schema().first().precision();
    }

    /**
     * A basis with what was measured through it.
     *
     * @param basis Q
     * @param triangle R of A Q, with its SVD
     * @param range the SVD of B in the full form, or null
     * @param values Ritz values
     * @param resolved how many of them are above rounding
     * @param product absolute error of A times orthonormal columns
     * @param rounding absolute error of values
     */
    private record Found(
            Basis basis,
            FromTriangle triangle,
            Range range,
            double[] values,
            int resolved,
            Missed missed,
            double product,
            double rounding) {}

    /** B = Q_Y^T A: Y = A Q_1 R_11^-1 = Q_Y L, B^T = V S W^T, and M^T M w of the probes w. */
    private record Range(LeftFactor y, Matrix l, Dense.SmallSvd small, Matrix images) {}

    Svd run() {
        int target = spec.firstRank(m, n);
        Matrix start = Matrix.zeros(n, 0);
        for (int round = 0; ; round++) {
            int[] blocks = spec.blocks(target, m, n);
            Basis basis = new Basis(n, start, blocks[0], sketch.seed(), round);
            if (round == 0) {
                firstPass(basis, blocks.length > 1);
                if (reading.frobenius() == 0) {
                    return zero();
                }
            }
            grow(basis, blocks, round);
            Found found = measure(basis, round);
            int rank = choose(found, target);
            if (rank >= 0) {
                return finish(found, rank);
            }
            start = basis.q().times(found.triangle.small().v());
            target = larger(target, found);
        }
    }

    /** Moments, and A^T A V_0 in the same read where no deviations are needed for it. */
    private void firstPass(Basis basis, boolean multiply) {
        double[] pivot = Reading.pivot(rows, spec.center());
        double[] units = Magnitude.filled(n, 1);
        Moments moments = visit(pivot, units, basis, multiply);
        double[] better = Magnitude.units(moments.largest(), precision, spec.scale());
        if (Magnitude.areUnits(better)) {
            units = better;
            moments = visit(pivot, units, basis, multiply);
            Magnitude.requireFinite(Magnitude.largest(moments.largest()));
        }
        reading = Reading.of(moments, pivot, units, spec.center(), spec.scale());
        Magnitude.requireNormal(reading.deviation());
        if (firstProduct != null && spec.center()) {
            // A_c^T A_c V = A^T A V - m mu (mu^T V).
            Matrix mu = new Matrix(n, 1, moments.mean());
            Matrix correction = mu.times(mu.transposeTimes(basis.q()));
            firstProduct = firstProduct.minus(correction.scaleColumns(Magnitude.filled(correction.cols(), (double) m)));
        }
    }

    private Moments visit(double[] pivot, double[] units, Basis basis, boolean multiply) {
        Packing packing = new Packing(pivot, units);
        MomentsPass moments = new MomentsPass(packing, spec.center());
        if (!multiply || spec.scale()) {
            return rows.pass(moments);
        }
        Pass.Both<Moments, Matrix> both =
                rows.pass(Pass.both(moments, new KrylovPass(BlockKrylov.label(0, 1), packing, basis.q())));
        firstProduct = both.second();
        return both.first();
    }

    /** V_(t+1) = what is new in A^T A V_t. */
    private void grow(Basis basis, int[] blocks, int round) {
        for (int t = 1; t < blocks.length; t++) {
            boolean known = t == 1 && round == 0 && firstProduct != null;
            Matrix w = known
                    ? firstProduct
                    : rows.pass(new KrylovPass(BlockKrylov.label(round, t), reading.packing(), basis.last()));
            basis.extend(w, blocks[t]);
        }
    }

    private Found measure(Basis basis, int round) {
        Matrix q = basis.q();
        Matrix none = Matrix.zeros(n, 0);
        // Of a whole space nothing can be missed.
        int count = q.cols() < n ? sketch.probes() : 0;
        Matrix drawn = Basis.probes(sketch.seed(), n, round, count);
        Matrix probes = sketch.full() ? none : Basis.outside(q, drawn);
        ProjectionPass.Node node = rows.pass(new ProjectionPass(reading.packing(), q, probes));
        Matrix r = node.triangle().square();
        double largest = Arrays.stream(r.columnNorms()).max().orElse(0);
        // The columns of A Q are rounded to about eps ||A||_F.
        double cut = Math.max(FromTriangle.RANK_CUT, 4 * precision.roundoff() * reading.frobenius() / largest);
        FromTriangle triangle = FromTriangle.of(rows, reading.packing(), reading.unit(), q, r, cut);
        Range range = null;
        Matrix images = Basis.outside(q, node.image());
        double[] values = triangle.small().s();
        if (sketch.full()) {
            Matrix q1 = q.columns(triangle.pivoted().pivots(), triangle.resolved());
            probes = Basis.outside(q1, drawn);
            range = range(triangle, q1, probes);
            images = Basis.outside(q1, range.images);
            values = range.small.s();
        }
        values = Arrays.copyOf(values, (int) Math.min(values.length, m));
        double product = Rounding.ofProduct(precision, n, reading.frobenius(), values[0]);
        double rounding = product + Rounding.ofTriangle(rows.layout(), q.cols()) * values[0];
        if (sketch.full() && precision == Precision.FLOAT) {
            // B = Q_Y^T A is a sum over rows in float, as Y^T Y is.
            rounding += Rounding.ofGram(precision, rows.layout(), q.cols()) * values[0];
        }
        // What a whole space, of columns or of rows, misses is what was dropped from the triangle as rounding.
        Missed missed = q.cols() == n || sketch.full() && triangle.resolved() == m
                ? Missed.nothingBut(rounding + cut * largest)
                : Missed.of(precision.roundoff(), reading.frobenius(), values, probes, images, failure(round), product)
                        .within(sketch.failureProbability());
        int resolved = Math.min(values.length, triangle.resolved());
        return new Found(basis, triangle, range, values, resolved, missed, product, rounding);
    }

    /**
     * What the bounds of a round may fail. A tolerance looks at one round after the other: half of what is allowed, a quarter and so
     * on add up to no more than all of it, whichever round is the last.
     */
    private double failure(int round) {
        return spec.rank() instanceof RankRule.Fixed
                ? sketch.failureProbability()
                : sketch.failureProbability() / Math.scalb(1.0, round + 1);
    }

    /** One pass over Y = A Q_1 R_11^-1; a second one where its columns are far from orthonormal. */
    private Range range(FromTriangle triangle, Matrix q1, Matrix probes) {
        Matrix whitening = triangle.leading();
        RangePass.Node node = rows.pass(new RangePass(reading.packing(), q1, whitening, probes));
        Matrix l = Dense.cholesky(node.gram().symmetric());
        if (!FromTriangle.isWellConditioned(l)) {
            whitening = l.times(whitening);
            node = rows.pass(new RangePass(reading.packing(), q1, whitening, probes));
            l = Dense.cholesky(node.gram().symmetric());
        }
        // B^T = A^T Y L^-1.
        Matrix transposed = Dense.solveRight(node.cross(), l);
        // M^T M w = A^T A w - B^T B w.
        Matrix images = node.image().minus(transposed.times(transposed.transposeTimes(probes)));
        LeftFactor y = left().then(new Times("sketch", Packing.none(n), q1))
                .then(new Whiten(Packing.none(q1.cols()), whitening));
        return new Range(y, l, Dense.svd(transposed), images);
    }

    /** The rank to return, or -1 when the tolerance needs a larger basis. */
    private int choose(Found found, int target) {
        if (spec.rank() instanceof RankRule.Tolerance tolerance) {
            int least = tolerance.least(found.values, found.missed);
            boolean whole = found.basis.q().cols() == n;
            // Values beyond the rank that was looked for have not converged, and would take more of them.
            return least < 0 ? (whole ? found.values.length : -1) : least <= target || whole ? least : -1;
        }
        return target;
    }

    /** Twice the rank, or as much as a driver holds. */
    private int larger(int target, Found found) {
        int most = (int) Math.min(m, n);
        int next = (int) Math.min(2L * target, most);
        if (next == target || !spec.fits(next, m, n)) {
            throw new NumericalException("the tolerance is not met by rank " + target + " (residual "
                    + found.missed.frobenius() / reading.frobenius() + " of the norm beyond "
                    + found.values.length + " values); ask for a larger one, or use factor.algorithm = tsqr");
        }
        return next;
    }

    private Svd finish(Found found, int wanted) {
        int most = Math.min(wanted, found.resolved);
        boolean full = found.range != null;
        FromTriangle.Factors factors =
                full ? ofRange(found.range, most) : found.triangle.factors(most, spec.leftVectors());
        int k = factors.s().length;
        if (k < wanted) {
            notes.add(spec.rank().shortfall(k, wanted));
        }
        double norm = found.values[0];
        double missed = found.missed.spectral();
        double limit = SQUARED * Math.sqrt(precision.roundoff()) * norm;
        if (!full && k > 0 && factors.s()[k - 1] < limit) {
            notes.add("values below " + limit / reading.unit()
                    + " may be too small, since A^T A squares them; their upper"
                    + " bounds hold, and the full-accuracy form has no such limit");
        }
        if (found.missed.source().equals("subtraction")) {
            notes.add("the Frobenius residual is exact, by subtraction from the norm of the matrix");
        }
        if (found.missed.source().equals("probes")) {
            notes.add("what lies beyond " + found.values.length + " values is too small to be found by subtraction; "
                    + "it is bounded by " + found.missed.probes() + " probes");
        }
        double[] lower = new double[k];
        double[] upper = new double[k];
        for (int j = 0; j < k; j++) {
            lower[j] = Math.max(0, factors.s()[j] - found.rounding) / reading.unit();
            upper[j] = (Math.hypot(factors.s()[j], missed) + found.rounding) / reading.unit();
        }
        double next = k < found.values.length ? found.values[k] : 0;
        double frobenius = Math.hypot(tail(found, k), Math.sqrt(k) * found.product);
        double spectral = Math.min(Math.hypot(next, missed), frobenius) + found.rounding + found.product;
        double[] values = Magnitude.divided(found.values, reading.unit());
        Evidence evidence = new Evidence(
                "block-krylov" + (full ? ", full accuracy" : ""),
                reading.frobenius() / reading.unit(),
                values[0],
                Math.max(frobenius, found.rounding) / reading.unit(),
                spectral / reading.unit(),
                lower,
                upper,
                Magnitude.divided(residuals(found, factors.s()), reading.unit()),
                Evidence.numericalRank(values, rows),
                values,
                found.missed.dividedBy(reading.unit()),
                notes);
        return new Svd(
                factors.u(),
                Magnitude.divided(factors.s(), reading.unit()),
                factors.v(),
                reading.mean(),
                reading.deviation(),
                evidence);
    }

    /**
     * sqrt(s_(k+1)^2 + ... + s_L^2 + ||M||_F^2), as a bound. Where M is known by subtraction this is ||A||_F^2 - s_1^2 - ... - s_k^2,
     * whatever the values are off.
     */
    private double tail(Found found, int k) {
        double tail = found.missed.source().equals("subtraction")
                ? RankRule.tail(found.values, k)
                : Missed.tail(found.values, k, precision.roundoff(), reading.frobenius(), found.rounding);
        return Math.hypot(tail, found.missed.frobenius());
    }

    /** U = Y L^-1 W_k, V_k from B^T = V S W^T. */
    private FromTriangle.Factors ofRange(Range range, int k) {
        Matrix v = range.small.u().columns(k);
        double[] signs = Signs.of(v);
        LeftFactor u = null;
        if (spec.leftVectors()) {
            int r = range.l.cols();
            Matrix inverse = Dense.solveRight(Matrix.identity(r), range.l);
            Matrix t = inverse.times(range.small.v().columns(k)).scaleColumns(signs);
            u = range.y.then(new Times("values", Packing.none(r), t));
        }
        return new FromTriangle.Factors(u, Arrays.copyOf(range.small.s(), k), v.scaleColumns(signs));
    }

    /** Bounds on ||A^T u_j - s_j v_j||, as {@link BlockKrylov} derives them. */
    private double[] residuals(Found found, double[] s) {
        double[] bounds = Magnitude.filled(s.length, found.rounding);
        for (int j = 0; j < s.length; j++) {
            bounds[j] += Rounding.ofLeft(found.product, found.values[0], s[j]);
        }
        if (found.range != null) {
            return bounds;
        }
        int width = found.basis.last().cols();
        int before = found.basis.q().cols() - width;
        Matrix r = found.triangle.r();
        Matrix z = found.triangle.small().v();
        double norm = found.values[0];
        double first = Math.hypot(reading.frobenius(), reading.offset());
        double lost = width * Basis.DROP * norm * norm + PRODUCT * precision.roundoff() * first * first;
        for (int j = 0; j < s.length; j++) {
            // ||A V_q z_jq|| = ||R_q z_jq||.
            double leaving = 0;
            for (int i = 0; i < r.rows(); i++) {
                double entry = 0;
                for (int c = before; c < r.cols(); c++) {
                    entry += r.get(i, c) * z.get(c, j);
                }
                leaving = Math.hypot(leaving, entry);
            }
            bounds[j] += found.missed.spectral() * Math.min(1, leaving / s[j] + lost / s[j] / found.missed.spectral());
        }
        return bounds;
    }

    /** The rows of A, to be mapped to those of U. */
    private LeftFactor left() {
        return LeftFactor.of(rows, reading.packing(), reading.unit());
    }

    /** No singular values at all. */
    private Svd zero() {
        Matrix v = Matrix.zeros(n, 0);
        int wanted = spec.rank() instanceof RankRule.Fixed ? spec.firstRank(m, n) : 0;
        if (wanted > 0) {
            notes.add(spec.rank().shortfall(0, wanted));
        }
        LeftFactor u = spec.leftVectors() ? left().then(new Times("values", Packing.none(n), v)) : null;
        double[] empty = new double[0];
        Evidence evidence =
                new Evidence("block-krylov", 0, 0, 0, 0, empty, empty, empty, 0, empty, Missed.NOTHING, notes);
        return new Svd(u, empty, v, reading.mean(), reading.deviation(), evidence);
    }
}
