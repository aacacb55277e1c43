package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.store.RowTable;
import lowrank.weights.AdapterFolder;
import lowrank.weights.AdapterModule;
import lowrank.weights.Extraction;
import lowrank.weights.ModelPairs;
import lowrank.weights.NoiseLevel;
import lowrank.weights.TensorPair;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;
import lowrank.weights.WeightSpectrum;

/**
 * What a lora-extract job found: its tables and measures.
 *
 * @param rows selected matrices
 * @param others changes of all other tensors of one shape in both models, in the order of the pairs
 * @param sideFile whether what the adapter does not hold is kept whole
 */
record ExtractedWeights(List<Row> rows, ModelPairs pairs, List<TensorPair.Change> others, boolean sideFile) {

    /**
     * A matrix and what was found of it.
     *
     * @param error ||D - factors||_F, measured on what was written; ||D||_F where the adapter does not hold the matrix
     */
    record Row(
            TensorPair pair,
            TensorPair.Change change,
            Extraction.Result result,
            WeightSpectrum spectrum,
            AdapterModule.Kind kind,
            double error) {
        Weight weight() {
            return pair.tuned();
        }

        boolean extracted() {
            return result.part() != null;
        }

        /** Whether factors would be no smaller than the matrix. */
        boolean beyondBreakEven() {
            return !extracted() && result.rank() > weight().worthwhile();
        }

        AdapterFolder.Entry entry() {
            return AdapterFolder.Entry.of(weight(), kind, result.rank(), result.part());
        }

        Row measured(double measured) {
            return new Row(pair, change, result, spectrum, kind, measured);
        }

        double relativeError() {
            return relative(error, change.delta());
        }

        private int above(NoiseLevel level) {
            return new Truncation.Noise(level).choose(result.s(), weight().out(), weight().in());
        }
    }

    List<AdapterFolder.Entry> entries() {
        return rows.stream().filter(Row::extracted).map(Row::entry).toList();
    }

    RowTable<Row> matrices() {
        return RowTable.of(rows)
                .text("name", row -> row.weight().name())
                .whole("layer", row -> row.weight().layer())
                .whole("rows", row -> row.weight().out())
                .whole("cols", row -> row.weight().in())
                .whole("rank", row -> row.result.rank())
                .whole("factored", row -> row.extracted() ? 1 : 0)
                .number("norm", row -> row.change.base())
                .number("delta_norm", row -> row.change.delta())
                .number("relative_error", Row::relativeError)
                .number(
                        "spectral_bound",
                        row -> row.extracted()
                                ? row.result.spectralBound()
                                : row.result.s()[0])
                .number("energy", row -> row.extracted() ? row.result.energy() : 0)
                .number("cosine", row -> row.change.cosine())
                .number("above_noise", row -> row.change.aboveNoise())
                .whole("gavish_donoho", row -> row.above(NoiseLevel.GAVISH_DONOHO))
                .whole("marchenko_pastur", row -> row.above(NoiseLevel.MARCHENKO_PASTUR))
                .whole("numerical_rank", row -> row.spectrum.numericalRank())
                .number("stable_rank", row -> row.spectrum.stableRank())
                .number("entropy_rank", row -> row.spectrum.entropyRank())
                .whole("r90", row -> row.spectrum.r90())
                .whole("r99", row -> row.spectrum.r99())
                .number("break_even", row -> row.weight().breakEven());
    }

    private static double relative(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }

    RowTable<SpectrumLine> spectra() {
        return SpectrumLine.table(rows, row -> row.weight().name(), row -> row.result.s());
    }

    /** What became of a tensor of the tuned model. */
    record Line(StoredTensor tensor, String fate, double relativeChange) {}

    /** Every tensor of the tuned model, once. */
    List<Line> ledger() {
        String rest = sideFile ? "side-file" : "left out";
        List<Line> lines = new ArrayList<>();
        for (Row row : rows) {
            String fate = row.change.delta() == 0 ? "unchanged" : row.extracted() ? "extracted" : rest;
            lines.add(new Line(row.pair.tunedTensor(), fate, row.change.relative()));
        }
        for (int i = 0; i < others.size(); i++) {
            TensorPair.Change change = others.get(i);
            lines.add(new Line(
                    pairs.others().get(i).tunedTensor(), change.delta() == 0 ? "unchanged" : rest, change.relative()));
        }
        pairs.reshaped().forEach(tensor -> lines.add(new Line(tensor, rest, Double.NaN)));
        pairs.added().forEach(tensor -> lines.add(new Line(tensor, rest, Double.NaN)));
        return lines;
    }

    static RowTable<Line> table(List<Line> ledger) {
        return RowTable.of(ledger)
                .text("name", line -> line.tensor.name())
                .text("fate", Line::fate)
                .number("numbers", line -> line.tensor.count())
                .number("relative_change", Line::relativeChange);
    }

    /** Numbers in all factors. */
    long kept() {
        return rows.stream()
                .filter(Row::extracted)
                .mapToLong(row -> row.result.rank()
                        * ((long) row.weight().out() + row.weight().in()))
                .sum();
    }

    private double norm(ToDoubleFunction<Row> of) {
        return rows.stream().mapToDouble(of).reduce(0, Math::hypot);
    }

    /** ||W' - W||_F / ||W||_F over all matrices. */
    double relativeDelta() {
        return relative(norm(row -> row.change.delta()), norm(row -> row.change.base()));
    }

    /** ||W' - W - factors||_F / ||W' - W||_F over all matrices. */
    double relativeError() {
        return relative(norm(Row::error), norm(row -> row.change.delta()));
    }

    Findings findings(List<Line> ledger, String outlook) {
        double delta = norm(row -> row.change.delta());
        double rest = others.stream().mapToDouble(TensorPair.Change::delta).reduce(0, Math::hypot);
        List<Measure> measures = List.of(
                Measure.exact("relative delta", relativeDelta(), "||W' - W||_F / ||W||_F over all matrices chosen"),
                Measure.exact(
                        "relative error",
                        relativeError(),
                        "||W' - W - factors||_F / ||W' - W||_F over all matrices chosen, measured on the file that was"
                                + " written"),
                Measure.exact("parameters", kept(), "numbers in the adapter"),
                Measure.exact(
                        "change elsewhere",
                        relative(rest, Math.hypot(rest, delta)),
                        "part of ||W' - W||_F of all tensors that is in tensors which were not chosen"));
        return new Findings(measures, List.of(), notes(ledger, outlook));
    }

    /** Whether the adapter's word on how matrices are stored, {@link #inOut}, is wrong for some of them. */
    private boolean isMixed() {
        return inOut(rows)
                && rows.stream()
                        .anyMatch(row -> row.extracted()
                                && row.kind == AdapterModule.Kind.LINEAR
                                && row.weight().view() == Weight.View.OUT_IN
                                && row.weight().tensor().role() == StoredTensor.Role.UNKNOWN);
    }

    /** Whether some matrix of the adapter is stored (in, out) though its format does not say so. */
    static boolean inOut(List<Row> rows) {
        return rows.stream()
                .anyMatch(row -> row.extracted()
                        && row.weight().view() == Weight.View.IN_OUT
                        && row.weight().tensor().role() == StoredTensor.Role.UNKNOWN);
    }

    private List<String> notes(List<Line> ledger, String outlook) {
        List<String> notes = new ArrayList<>();
        List<Row> beyond = rows.stream().filter(Row::beyondBreakEven).toList();
        if (!beyond.isEmpty()) {
            notes.add(beyond.size() + " of " + rows.size()
                    + " matrices are not in the adapter: factors of the rank that is asked for would"
                    + " hold as many numbers or more, such as of "
                    + beyond.get(0).weight().name()
                    + (sideFile
                            ? "; the side-file holds them whole"
                            : "; write.side-file = true would keep them whole"));
        }
        if (isMixed()) {
            notes.add(
                    "some matrices are stored (in, out) and some (out, in), and adapter_config.json has one word for all"
                            + " (fan_in_fan_out = true): PEFT goes by the kind of each layer, lora-merge by the patterns of read.in-out,"
                            + " which have to be those given here");
        }
        long left = ledger.stream().filter(line -> line.fate.equals("left out")).count();
        if (left > 0) {
            notes.add(left
                    + " changed tensors are in no file (ledger/ names them): base and adapter do not make the tuned model;"
                    + " write.side-file = true keeps them");
        }
        if (!pairs.gone().isEmpty()) {
            notes.add(pairs.gone().size() + " tensors of the base are not in the tuned model, such as "
                    + pairs.gone().get(0).name());
        }
        notes.add(outlook);
        return notes;
    }
}
