package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lowrank.blocks.RowSink;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.store.RowTable;
import lowrank.weights.Compression;
import lowrank.weights.Weight;
import lowrank.weights.WeightSpectrum;
import lowrank.weights.Whitening;

/**
 * What a compress job found of all matrices: its tables and measures.
 *
 * @param factors whether factors were asked for
 * @param calibrated whether outputs were measured
 * @param heldOut whether they were on other rows too
 */
record CompressedWeights(List<Row> rows, boolean factors, boolean calibrated, boolean heldOut) {

    /** A matrix and what was found of it. */
    record Row(Weight weight, Compression.Result result, WeightSpectrum spectrum) {
        boolean factored() {
            return result.part() != null;
        }

        /** Numbers that are stored in place of the matrix. */
        long kept() {
            return factored() ? result.rank() * ((long) weight.out() + weight.in()) : weight.count();
        }

        /** Of rows that go in, or of others, what share of outputs is missed; NaN where it is not known. */
        double missed(Function<Whitening.Measured, Whitening.Outputs> rows, ToDoubleFunction<Whitening.Outputs> of) {
            Whitening.Outputs outputs = result.outputs() == null ? null : rows.apply(result.outputs());
            return outputs == null ? Double.NaN : outputs.norm() == 0 ? 0 : of.applyAsDouble(outputs) / outputs.norm();
        }

        double relativeError() {
            return spectrum.norm() == 0 ? 0 : result.error() / spectrum.norm();
        }
    }

    RowTable<Row> matrices() {
        RowTable<Row> table = RowTable.of(rows)
                .text("name", row -> row.weight.name())
                .whole("layer", row -> row.weight.layer())
                .whole("rows", row -> row.weight.out())
                .whole("cols", row -> row.weight.in())
                .whole("rank", row -> row.result.rank())
                .whole("factored", row -> row.factored() ? 1 : 0)
                .number("norm", row -> row.spectrum.norm())
                .number("delta_norm", row -> row.result.error())
                .number("relative_error", Row::relativeError)
                .whole("numerical_rank", row -> row.spectrum.numericalRank())
                .number("stable_rank", row -> row.spectrum.stableRank())
                .number("entropy_rank", row -> row.spectrum.entropyRank())
                .whole("r90", row -> row.spectrum.r90())
                .whole("r99", row -> row.spectrum.r99())
                .number("break_even", row -> row.weight.breakEven())
                .number("parameters", Row::kept);
        if (calibrated) {
            table.number("output_error", row -> row.missed(Whitening.Measured::chosenBy, Whitening.Outputs::whitened))
                    .number(
                            "plain_output_error",
                            row -> row.missed(Whitening.Measured::chosenBy, Whitening.Outputs::plain));
        }
        if (heldOut) {
            table.number("held_out_error", row -> row.missed(Whitening.Measured::heldOut, Whitening.Outputs::whitened))
                    .number(
                            "plain_held_out_error",
                            row -> row.missed(Whitening.Measured::heldOut, Whitening.Outputs::plain));
        }
        return table;
    }

    /** sqrt(sum of what outputs miss squared / sum of outputs squared) over all matrices with factors. */
    double outputs(Function<Whitening.Measured, Whitening.Outputs> of, ToDoubleFunction<Whitening.Outputs> missed) {
        double part = 0;
        double whole = 0;
        for (Row row : stored()) {
            if (row.result.outputs() != null) {
                Whitening.Outputs outputs = of.apply(row.result.outputs());
                part = Math.hypot(part, missed.applyAsDouble(outputs));
                whole = Math.hypot(whole, outputs.norm());
            }
        }
        return whole == 0 ? 0 : part / whole;
    }

    private void outputs(List<Measure> measures) {
        if (calibrated) {
            measures.add(Measure.exact(
                    "output error",
                    outputs(Whitening.Measured::chosenBy, Whitening.Outputs::whitened),
                    "part of what comes out that factors miss, for the rows of read.calibration"));
            measures.add(Measure.exact(
                    "plain output error",
                    outputs(Whitening.Measured::chosenBy, Whitening.Outputs::plain),
                    "the same for factors of the same ranks that are chosen by the matrices alone"));
        }
        if (heldOut) {
            measures.add(Measure.exact(
                    "held-out error",
                    outputs(Whitening.Measured::heldOut, Whitening.Outputs::whitened),
                    "part of what comes out that factors miss, for the rows of read.held-out"));
            measures.add(Measure.exact(
                    "plain held-out error",
                    outputs(Whitening.Measured::heldOut, Whitening.Outputs::plain),
                    "the same for factors of the same ranks that are chosen by the matrices alone"));
        }
    }

    RowTable<SpectrumLine> spectra() {
        return SpectrumLine.table(rows, row -> row.weight.name(), row -> row.result.s());
    }

    /**
     * What is known of the error.
     *
     * @param outlook a note that stands last, or null
     */
    Findings findings(String outlook) {
        List<Measure> measures = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        List<Row> stored = stored();
        if (factors) {
            measures.add(
                    Measure.exact(
                            "relative error",
                            relativeError(),
                            "sqrt(sum ||W - stored||_F^2 / sum ||W||_F^2) over all matrices, with the factors as they are stored"));
            measures.add(
                    Measure.exact("kept parameters", keptShare(), "numbers stored, of those that the matrices hold"));
            outputs(measures);
            List<Row> dense = stored.stream().filter(row -> !row.factored()).toList();
            if (!dense.isEmpty()) {
                notes.add(dense.size() + " of " + stored.size()
                        + " matrices stay as they are: factors of the rank that is"
                        + " asked for would hold as many numbers or more, such as of "
                        + dense.get(0).weight.name() + " (rank "
                        + dense.get(0).result.rank() + ", break-even "
                        + KernelJob.shown(dense.get(0).weight.breakEven()) + ")");
            }
        }
        List<Row> nothing = stored.stream()
                .filter(row -> row.factored() && row.result.rank() == 0 && row.spectrum.norm() > 0)
                .toList();
        if (!nothing.isEmpty()) {
            notes.add("of " + nothing.size() + " of " + stored.size()
                    + " matrices the rule keeps nothing: zeros are stored in their place, such as of "
                    + nothing.get(0).weight.name());
        }
        if (outlook != null) {
            notes.add(outlook);
        }
        return new Findings(measures, List.of(), notes);
    }

    /** sqrt(sum ||W - stored||_F^2 / sum ||W||_F^2) over all matrices. */
    double relativeError() {
        double norm = root(row -> row.spectrum.norm());
        return norm == 0 ? 0 : root(row -> row.result.error()) / norm;
    }

    /** The norm of all norms; squares of large numbers would overflow. */
    private double root(ToDoubleFunction<Row> of) {
        return stored().stream().mapToDouble(of).reduce(0, Math::hypot);
    }

    /** Numbers stored, of those that the matrices hold. */
    double keptShare() {
        return (double) kept()
                / stored().stream().mapToLong(row -> row.weight.count()).sum();
    }

    /** Without second unfoldings, which are looked at alone. */
    private List<Row> stored() {
        return rows.stream()
                .filter(row -> row.weight.view() != Weight.View.UNFOLDED_IN)
                .toList();
    }

    /** Where factors are, in the order of the matrices. */
    List<RowSink.Written> parts() {
        return rows.stream()
                .map(row -> row.result.part())
                .filter(Objects::nonNull)
                .toList();
    }

    int largestRank() {
        return rows.stream()
                .filter(Row::factored)
                .mapToInt(row -> row.result.rank())
                .max()
                .orElse(0);
    }

    /** Numbers stored in place of all matrices. */
    long kept() {
        return stored().stream().mapToLong(Row::kept).sum();
    }
}
