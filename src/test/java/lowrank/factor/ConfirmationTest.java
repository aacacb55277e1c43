package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.MemorySink;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is measured while U is written; {@link SvdContract} holds the estimate against the exact residual on all its cases. */
class ConfirmationTest {
    private static final int ROWS = 300;
    private static final int COLS = 60;
    private static final int RANK = 12;

    static Stream<SvdAlgorithm> algorithms() {
        List<SvdAlgorithm> all = new ArrayList<>();
        RankRule rank = new RankRule.Fixed(RANK);
        for (boolean center : new boolean[] {false, true}) {
            all.add(new Tsqr(rank, center, center, true));
            all.add(new Gram(rank, center, center, true));
            all.add(new Lapack(rank, center, center, true));
            all.add(new BlockKrylov(rank, center, center, true, Sketch.of(3)));
            all.add(new BlockKrylov(rank, center, center, true, Sketch.of(3).toFull()));
        }
        return all.stream();
    }

    /** Exchanges two rows of one block of U, or multiplies one: what a bug, or memory that forgets, would do. */
    private record Damaged(int row, double factor) implements BlockMap {
        @Override
        public Schema schema(Schema input) {
            return input;
        }

        @Override
        public Mapper open(Arena arena, Schema input, Layout layout) {
            int width = input.first().width();
            long copy = arena.doubles((long) layout.blockRows() * width);
            return block -> {
                Slab in = block.first();
                OffHeap.copy(in.address(), copy, in.bytes());
                Slab out = new Slab(copy, in.rows(), width, Precision.DOUBLE);
                if (block.firstRow() <= row && row < block.firstRow() + block.rows()) {
                    damage(out, (int) (row - block.firstRow()));
                }
                return new Block(block.firstRow(), block.rows(), List.of(out), block.ids(), block.offenders());
            };
        }

        private void damage(Slab u, int at) {
            double[] one = new double[u.width()];
            double[] next = new double[u.width()];
            OffHeap.get(u.row(at), one, 0, one.length);
            if (factor == 0) {
                OffHeap.get(u.row(at + 1), next, 0, next.length);
                OffHeap.put(u.row(at + 1), one, 0, one.length);
                OffHeap.put(u.row(at), next, 0, next.length);
            } else {
                OffHeap.put(u.row(at), Magnitude.divided(one, 1 / factor), 0, one.length);
            }
        }
    }

    private static Svd damaged(Svd svd, double factor) {
        return new Svd(
                svd.left().then(new Damaged(100, factor)), svd.s(), svd.v(), svd.mean(), svd.scale(), svd.evidence());
    }

    /** A matrix of which nothing is truncated, so that one wrong row stands out, though U'U is the same for exchanged ones. */
    private static MatrixRows lossless() {
        Matrix a = Cases.random(ROWS, COLS, KnownSpectrum.values("D2", RANK), 8);
        return Cases.rows(a);
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    void exchangedRowsOfUAreCaught(SvdAlgorithm algorithm) {
        Svd svd = algorithm.factor(LocalBlocks.of(lossless(), 3));
        svd.writeU(new MemorySink());
        assertThatThrownBy(() -> damaged(svd, 0).writeU(new MemorySink()))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("does not fit the input");
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    void aWrongRowOfATruncatedUIsCaughtThroughItsCorrection(SvdAlgorithm algorithm) {
        Svd svd = algorithm.factor(LocalBlocks.of(Cases.known("D3", ROWS, COLS, COLS, 1, Precision.DOUBLE), 3));
        assertThatThrownBy(() -> damaged(svd, 30).writeU(new MemorySink()))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("does not fit the input");
        assertThatThrownBy(() -> damaged(svd, Double.NaN).writeU(new MemorySink()))
                .isInstanceOf(NumericalException.class);
    }

    /** A U that is not orthonormal as computed takes a second pass, and what that writes is what is confirmed. */
    @Test
    void theCorrectedPassIsConfirmed() {
        MatrixRows rows = Cases.rows(Cases.random(ROWS, COLS, new double[] {1, 1e-2, 1e-4, 1e-5}, 9));
        Gram gram = new Gram(new RankRule.Fixed(4), false, false, true);
        MemorySink sink = new MemorySink();
        Svd svd = gram.factor(LocalBlocks.of(rows, 2));
        Svd.LeftVectors left = svd.writeU(sink);
        assertThat(left.corrected()).isTrue();
        assertThat(left.defect()).isLessThanOrEqualTo(Svd.ORTHOGONAL);
        double exact = RankRule.tail(
                Dense.svd(Measured.dense(rows)
                                .minus(sink.matrix()
                                        .times(svd.v().scaleColumns(svd.s()).transpose())))
                        .s(),
                0);
        assertThat(exact)
                .isBetween(
                        left.confirmation().frobeniusAtLeast(),
                        left.confirmation().frobeniusAtMost());
    }

    /** Where a residual is left, stored floats add no more than their rounding; where none is, the rounding is what is seen. */
    @ParameterizedTest
    @MethodSource("algorithms")
    void uIsMeasuredAsItIsStored(SvdAlgorithm algorithm) {
        Svd truncated = algorithm.factor(LocalBlocks.of(Cases.known("D2", ROWS, COLS, COLS, 1, Precision.DOUBLE), 3));
        Probing floats = Probing.of(Sketch.of(5), Precision.FLOAT);
        Probing doubles = Probing.of(Sketch.of(5), Precision.DOUBLE);
        MemorySink sink = new MemorySink();
        Confirmation stored = truncated.writeU(sink, floats).confirmation();
        Matrix written = sink.matrix();
        Confirmation exact = truncated.writeU(sink, doubles).confirmation();
        assertThat(sink.matrix().values()).isEqualTo(written.values());
        double rounding = 16 * Precision.FLOAT.roundoff() * truncated.evidence().frobeniusNorm();
        assertThat(Math.abs(stored.frobenius() - exact.frobenius())).isLessThanOrEqualTo(rounding);
        if (algorithm instanceof Tsqr) {
            Svd whole = algorithm.factor(LocalBlocks.of(lossless(), 3));
            double norm = whole.evidence().frobeniusNorm();
            double seen = whole.writeU(sink, floats).confirmation().frobenius() / norm;
            assertThat(seen).isBetween(Precision.FLOAT.roundoff() / 100, 16 * Precision.FLOAT.roundoff());
            assertThat(whole.writeU(sink, doubles).confirmation().frobenius() / norm)
                    .isLessThan(1e-13);
        }
    }

    /** The estimate is unbiased and its bounds hold, over many seeds and the worst case, a residual of rank one. */
    @Test
    void theEstimateIsUnbiasedAndItsBoundsHoldOverSeeds() {
        Svd svd = new Tsqr(new RankRule.Fixed(1), false, false, true)
                .factor(LocalBlocks.of(Cases.rows(Cases.random(ROWS, COLS, new double[] {2, 1}, 11))));
        int seeds = 400;
        double failure = 0.1;
        double mean = 0;
        int outside = 0;
        for (int seed = 0; seed < seeds; seed++) {
            Matrix w = new Probing(Probing.PROBES, failure, seed, Precision.DOUBLE).vectors(COLS);
            Matrix z = svd.v().scaleColumns(svd.s()).transposeTimes(w);
            double[] squares = svd.left().withResidual(Precision.DOUBLE, w, z).pass(new SquaresPass("", 1));
            Confirmation c = Confirmation.of(squares, w, 1, 0, failure);
            mean += c.frobenius() * c.frobenius() / seeds;
            outside += c.frobeniusAtLeast() <= 1 && 1 <= c.frobeniusAtMost() ? 0 : 1;
            assertThat(c.spectralAtLeast()).isLessThanOrEqualTo(1 + 1e-12);
        }
        // The mean of squares is chi-square with seeds * probes degrees of freedom, over those: five deviations.
        assertThat(mean)
                .isBetween(
                        1 - 5 * Math.sqrt(2.0 / (seeds * Probing.PROBES)),
                        1 + 5 * Math.sqrt(2.0 / (seeds * Probing.PROBES)));
        assertThat(outside).isLessThanOrEqualTo((int) (failure * seeds));
    }

    @Test
    void rankZeroMeasuresTheMatrixItself() {
        Svd zero = new Tsqr(new RankRule.Fixed(2), true, false, true)
                .factor(LocalBlocks.of(Cases.rows(Cases.shifted(ROWS, 1, 7, 0, 1))));
        assertThat(zero.rank()).isZero();
        assertThat(zero.writeU(new MemorySink()).confirmation().frobenius()).isZero();
        Matrix a = Cases.gaussian(ROWS, 5, 2);
        RowBlocks rows = LocalBlocks.of(Cases.rows(a));
        Matrix none = Matrix.zeros(5, 0);
        double norm = RankRule.tail(Dense.svd(a).s(), 0);
        double[] empty = new double[0];
        Evidence everything =
                new Evidence("none", norm, norm, norm, norm, empty, empty, empty, 5, empty, Missed.NOTHING, List.of());
        Svd svd = new Svd(
                LeftFactor.of(rows, Packing.none(5), 1).then(new Times("values", Packing.none(5), none)),
                empty,
                none,
                new double[5],
                Magnitude.filled(5, 1),
                everything);
        Confirmation c = svd.writeU(new MemorySink()).confirmation();
        assertThat(norm).isBetween(c.frobeniusAtLeast(), c.frobeniusAtMost());
    }
}
