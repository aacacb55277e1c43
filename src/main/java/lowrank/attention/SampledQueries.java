package lowrank.attention;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * Queries that were drawn uniformly without replacement among all that are shown, with their exact outputs: what approximations are
 * measured with.
 *
 * @param positions of the queries, in the order in which they were drawn
 * @param complete whether these are all that are shown
 * @param queries a column each
 * @param exact outputs, a row each
 * @param uniform outputs of uniform attention, a row each
 * @param sums what the queries saw, with inner products of their first rows of P
 */
public record SampledQueries(
        long[] positions,
        boolean complete,
        Matrix queries,
        Matrix exact,
        Matrix uniform,
        SoftmaxSums sums,
        Precision precision) {

    /**
     * The half that chooses among approximations, the last that were drawn: errors that a choice has made small say little of others. All
     * where all are drawn, since nothing is left to be said of others.
     */
    SampledQueries choosing() {
        return complete ? this : part(count() - count() / 2, count());
    }

    /** Those that measure: all, or where something is chosen the other half. */
    SampledQueries measuring(boolean chosen) {
        return complete || !chosen ? this : part(0, count() - count() / 2);
    }

    private int count() {
        return positions.length;
    }

    private SampledQueries part(int from, int to) {
        int[] chosen = IntStream.range(from, to).toArray();
        return new SampledQueries(
                Arrays.copyOfRange(positions, from, to),
                false,
                queries.columns(chosen, chosen.length),
                exact.rows(from, to),
                uniform.rows(from, to),
                sums.part(from, to),
                precision);
    }

    /** The relative error of the outputs of the sampled queries, or NaN where they are not made query by query. */
    double error(Outputs outputs) {
        return outputs instanceof Outputs.Mapped mapped ? relative(outputs(mapped.map()), exact) : Double.NaN;
    }

    /** The relative error of the outputs that the best approximation of that rank of the first rows of P leaves. */
    double bestRank(int rank) {
        return sums.bestRank(rank);
    }

    /** The outputs of the sampled queries by a map, a row each. */
    Matrix outputs(BlockMap map) {
        int width = queries.rows();
        int count = queries.cols();
        Schema schema = Schema.of(new Column("q", width, precision));
        Layout layout = new Layout(count, Math.max(1, count), Math.max(1, count));
        try (Arena arena = new Arena()) {
            Slab rows = new Slab(RightProduct.store(queries, precision, arena), count, width, precision);
            Block mapped = map.open(arena, schema, layout).map(new Block(0, count, List.of(rows), null, null));
            Slab out = mapped.first();
            RowReader reader = new RowReader(out.width(), out.precision());
            Matrix outputs = Matrix.zeros(count, out.width());
            for (int i = 0; i < count; i++) {
                double[] row = reader.read(out, i, 1);
                for (int j = 0; j < out.width(); j++) {
                    outputs.set(i, j, row[j]);
                }
            }
            return outputs;
        }
    }

    /** ||approximated - exact|| / ||exact|| in Frobenius' norm; 0 where both are 0. */
    static double relative(Matrix approximated, Matrix exact) {
        double error = norm(approximated.minus(exact));
        return error == 0 ? 0 : error / norm(exact);
    }

    static double norm(Matrix m) {
        double squares = 0;
        for (double x : m.values()) {
            squares += x * x;
        }
        return Math.sqrt(squares);
    }
}
