package lowrank.attention;

import java.util.List;
import java.util.Optional;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.kernel.Sample;

/**
 * One head of one sequence, approximated: two reads, in which the method learns and exact outputs of sampled queries are found.
 *
 * @param approximation makes the outputs
 * @param sample what outputs are measured with
 */
public record HeadFit(Approximation approximation, SampledQueries sample) {

    /**
     * Approximates a head.
     *
     * @param rows q, k, v and perhaps a mask
     */
    public static <A, B> HeadFit of(RowBlocks rows, AttentionMethod<A, B> method, Sampling sampling) {
        Pass.Both<Sample, A> first =
                rows.pass(Pass.both(sampling.draw(rows), method.survey(rows.schema(), rows.layout())));
        var second = rows.pass(Pass.both(sampling.exact(first.first()), method.sums(first.second(), rows.schema())));
        SampledQueries sample = sampling.found(rows, first.first(), second.first());
        SampledQueries by = method.chooses() ? sample.choosing() : sample;
        return new HeadFit(
                method.approximation(first.second(), second.second(), by), sample.measuring(method.chooses()));
    }

    /**
     * Writes the outputs of all rows, and measures those of the sampled queries as they are written.
     *
     * @param rows that were approximated
     */
    public Written write(RowBlocks rows, RowSink sink) {
        RowBlocks.Output<SampledOutputsPass.Rows> written =
                approximation.outputs().of(rows).write(sink, new SampledOutputsPass(sample.positions()));
        return new Written(
                written.parts(), AttentionError.of(sample, written.sum().matrix(), approximation.rank()));
    }

    /**
     * Measures outputs that are there already, with exact outputs of the queries that a fit measures with.
     *
     * @param rows q, k, v and perhaps a mask: two reads
     * @param outputs of these rows: one read
     * @param rank of what made them
     * @param chosen whether sampled queries chose it
     */
    public static AttentionError measured(
            RowBlocks rows, RowBlocks outputs, int rank, Sampling sampling, boolean chosen) {
        Sample drawn = rows.pass(sampling.draw(rows));
        SampledQueries sample =
                sampling.found(rows, drawn, rows.pass(sampling.exact(drawn))).measuring(chosen);
        return AttentionError.of(
                sample, outputs.pass(new SampledOutputsPass(sample.positions())).matrix(), rank);
    }

    /** What a write leaves. */
    public record Written(List<RowSink.Written> parts, AttentionError error) {}

    /** The error on the sampled queries before anything is written, or empty where outputs are not made query by query. */
    public Optional<AttentionError> error() {
        return approximation.outputs() instanceof Outputs.Mapped mapped
                ? Optional.of(AttentionError.of(sample, sample.outputs(mapped.map()), approximation.rank()))
                : Optional.empty();
    }
}
