package lowrank.weights;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.factor.Chooser;
import lowrank.factor.TallSvd;
import lowrank.io.HadoopConf;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import lowrank.store.FactorPieces;
import lowrank.store.FactorsSink;

/**
 * What {@link Compression} does, for one matrix that a task does not hold: by passes over the rows of W or W^T, whichever is tall
 * ({@link WeightTable}, {@link TallSvd}). Results are the same to rounding, but for the sign of a pair of columns where the outer factor is
 * the tall one: the entry of largest magnitude of the shorter one is positive.
 *
 * @param rule how many components are kept; not asked where a task brings its rank
 * @param sink where factors go, or null for spectra alone
 * @param scratch folder for rows of factors, each task's on its own
 */
public record TallCompression(HadoopConf conf, Truncation rule, FactorsSink sink, String scratch) {
    /** The measured error may be so many times farther from that of the spectrum than rounding explains. */
    private static final double ALLOWED = 8;

    /**
     * Whether a matrix is to be factored so: a function of its shape and of how it is stored, never of what a machine holds, since the two
     * ways round differently. The triangle of more than 16,383 columns does not fit a driver, second unfoldings of convolutions lie in pieces
     * of a few numbers, and what is compressed would be inflated from its beginning by every task.
     *
     * @param most entries of a matrix that one task takes
     */
    public static boolean takes(Weight weight, long most) {
        return weight.count() > most
                && weight.most() <= Chooser.TRIANGLE_COLS
                && weight.view() != Weight.View.UNFOLDED_IN
                && weight.tensor().isRandomAccess();
    }

    /**
     * Works on one matrix.
     *
     * @param blocks visits the rows of a source
     * @param join makes one part of what tasks wrote ({@link FactorPieces#join})
     * @throws NumericalException when what was written contradicts the spectrum
     */
    public Compression.Result run(
            Compression.Task task,
            Function<BlockSource, RowBlocks> blocks,
            Function<FactorPieces, RowSink.Written> join) {
        Weight weight = task.weight();
        WeightTable table = new WeightTable(conf, weight);
        RowBlocks rows = blocks.apply(table.source());
        if (sink == null) {
            double[] s = TallSvd.values(rows, weight.name());
            return Compression.Result.whole(s, s.length);
        }
        TallSvd svd = TallSvd.of(rows, weight.name());
        int rank = task.rank(rule, svd.s());
        if (rank > weight.worthwhile()) {
            return Compression.Result.whole(svd.s(), rank);
        }
        if (rank == 0) {
            return nothing(task, svd.s());
        }
        // No number of a factor is larger than the root of the largest singular value.
        if (sink.precision() == Precision.FLOAT && Math.sqrt(svd.s()[0]) > Float.MAX_VALUE) {
            throw FactorPair.beyond(weight.name());
        }
        TallSvd.Halves halves = svd.write(rank, pieces(task, table.side()), sink.precision());
        requireTail(halves.error(), svd.s(), rank, weight);
        List<String> longer = files(halves.parts());
        List<String> shorter = files(LocalBlocks.of(table(halves.right()))
                .write(pieces(task, table.otherSide()), Pass.nothing())
                .parts());
        boolean isOut = table.side().equals(FactorsSink.OUT);
        FactorPieces pieces = new FactorPieces(
                sink, task.index(), weight.name(), rank, isOut ? longer : shorter, isOut ? shorter : longer);
        return new Compression.Result(svd.s(), rank, halves.error(), join.apply(pieces), null);
    }

    /** Factors of no column, which miss all of the matrix. */
    private Compression.Result nothing(Compression.Task task, double[] s) {
        Weight weight = task.weight();
        try (Arena arena = new Arena()) {
            FactorPair none = FactorPair.allocate(weight.out(), weight.in(), 0, arena);
            return new Compression.Result(
                    s,
                    0,
                    s[0] * Math.sqrt(WeightSpectrum.tails(s)[0]),
                    sink.write(task.index(), weight.name(), none.outFactor(), none.inFactor()),
                    null);
        }
    }

    private RowSink pieces(Compression.Task task, String side) {
        return FactorPieces.sink(sink, scratch + "/" + task.index() + "-" + side);
    }

    private static List<String> files(List<RowSink.Written> parts) {
        return parts.stream().map(RowSink.Written::file).toList();
    }

    /** The factor that is in this process. */
    private static MatrixRows table(Matrix factor) {
        Layout layout = Layout.of(factor.rows(), 8L * factor.cols(), 0);
        return new MatrixRows(factor, FactorPieces.COLUMN, Precision.DOUBLE, layout);
    }

    /** What the spectrum leaves out is missed, and what rounds: more tells of damage to memory or a bug. */
    private void requireTail(double error, double[] s, int rank, Weight weight) {
        double[] tails = WeightSpectrum.tails(s);
        double largest = s.length == 0 ? 0 : s[0];
        double tail = largest * Math.sqrt(tails[rank]);
        double norm = largest * Math.sqrt(tails[0]);
        int longer = Math.max(weight.out(), weight.in());
        // Storage, and sums of rows and squares whichever way they are added up.
        double rounding = Extraction.slack(s, rank, longer, sink.precision())
                + (longer + Math.sqrt(longer) * rank) * Math.ulp(1.0) * norm;
        if (!(error <= tail + ALLOWED * rounding)) {
            throw new NumericalException(String.format(
                    Locale.ROOT,
                    "the factors of %s miss %.3g of it, where its singular values say %.3g: what was read or computed is damaged; run again,"
                            + " and check the memory of the hosts",
                    weight.name(),
                    error,
                    tail));
        }
    }
}
