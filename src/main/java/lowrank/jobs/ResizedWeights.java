package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.store.RowTable;
import lowrank.weights.AdapterFolder;
import lowrank.weights.AdapterSum;
import lowrank.weights.Extraction;
import lowrank.weights.WeightSpectrum;

/**
 * What a lora-resize job found: its tables and measures.
 *
 * @param rows a row for each module of the sum
 */
record ResizedWeights(AdapterSum sum, List<Row> rows) {

    /**
     * A module and what was found of it.
     *
     * @param error ||M - factors||_F, measured on what was written; ||M||_F where the adapter does not hold the module
     */
    record Row(AdapterSum.Target target, Extraction.Result result, WeightSpectrum spectrum, double error) {
        static Row of(AdapterSum.Target target, Extraction.Result result) {
            WeightSpectrum spectrum = WeightSpectrum.of(result.s(), target.out(), target.in());
            return new Row(target, result, spectrum, spectrum.norm());
        }

        boolean held() {
            return result.part() != null;
        }

        Row measured(double measured) {
            return new Row(target, result, spectrum, measured);
        }

        AdapterFolder.Entry entry() {
            return new AdapterFolder.Entry(target.path(), target.kind(), result.rank(), target.kernel(), result.part());
        }

        private long sides() {
            return (long) target.out() + target.in();
        }

        /** Numbers in its factors. */
        long kept() {
            return result.rank() * sides();
        }

        double breakEven() {
            return (double) target.out() * target.in() / sides();
        }

        double relativeError() {
            return relative(error, spectrum.norm());
        }

        private int rankOfSum() {
            int rank = 0;
            while (rank < result.s().length && result.s()[rank] > 0) {
                rank++;
            }
            return rank;
        }
    }

    RowTable<Row> matrices() {
        return RowTable.of(rows)
                .text("name", row -> row.target.path())
                .whole("layer", row -> row.target.layer())
                .whole("rows", row -> row.target.out())
                .whole("cols", row -> row.target.in())
                .whole("given_rank", row -> row.target.inner())
                .whole("rank", row -> row.result.rank())
                .whole("factored", row -> row.held() ? 1 : 0)
                .number("delta_norm", row -> row.spectrum.norm())
                .number("relative_error", Row::relativeError)
                .number("spectral_bound", row -> row.result.spectralBound())
                .number("energy", row -> row.result.energy())
                .whole("numerical_rank", Row::rankOfSum)
                .number("stable_rank", row -> row.spectrum.stableRank())
                .number("entropy_rank", row -> row.spectrum.entropyRank())
                .whole("r90", row -> row.spectrum.r90())
                .whole("r99", row -> row.spectrum.r99())
                .number("break_even", Row::breakEven);
    }

    private static double relative(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }

    RowTable<SpectrumLine> spectra() {
        return SpectrumLine.table(rows, row -> row.target.path(), row -> row.result.s());
    }

    /** Numbers in all factors. */
    long kept() {
        return rows.stream().mapToLong(Row::kept).sum();
    }

    /** Numbers in the factors of all adapters that were added up. */
    long given() {
        return rows.stream().mapToLong(row -> row.target.count()).sum();
    }

    /** Modules that the adapter holds. */
    long held() {
        return rows.stream().filter(Row::held).count();
    }

    private double norm(ToDoubleFunction<Row> of) {
        return rows.stream().mapToDouble(of).reduce(0, Math::hypot);
    }

    /** ||M - factors||_F / ||M||_F over all modules. */
    double relativeError() {
        return relative(norm(Row::error), norm(row -> row.spectrum.norm()));
    }

    Findings findings() {
        List<Measure> measures = List.of(
                Measure.exact("norm", norm(row -> row.spectrum.norm()), "||M||_F of the sum over all modules"),
                Measure.exact(
                        "relative error",
                        relativeError(),
                        "||M - factors||_F / ||M||_F over all modules, measured on the file that was written"),
                Measure.exact("parameters", kept(), "numbers in the factors of the adapter"),
                Measure.exact(
                        "given parameters", given(), "numbers in the factors of all adapters that were added up"));
        return new Findings(measures, List.of(), notes());
    }

    private List<String> notes() {
        List<String> notes = new ArrayList<>(sum.notes());
        List<Row> cancelled =
                rows.stream().filter(row -> row.spectrum.norm() == 0).toList();
        if (!cancelled.isEmpty()) {
            notes.add("nothing but rounding is left in " + cancelled.size() + " of " + rows.size()
                    + " modules, such as " + cancelled.get(0).target.path() + ": the adapter does not hold them");
        }
        List<Row> without = rows.stream()
                .filter(row -> !row.held() && row.spectrum.norm() > 0)
                .toList();
        if (!without.isEmpty()) {
            notes.add("the rule keeps no component of " + without.size() + " of " + rows.size() + " modules, such as "
                    + without.get(0).target.path() + ": the adapter does not hold them");
        }
        List<Row> large = rows.stream()
                .filter(row -> row.result.rank() >= row.breakEven())
                .toList();
        if (!large.isEmpty()) {
            notes.add("factors of " + large.size() + " of " + rows.size()
                    + " modules hold as many numbers as a dense change or more, such as of "
                    + large.get(0).target.path());
        }
        if (!sum.whole().isEmpty()) {
            notes.add(sum.whole().size() + " tensors that an adapter holds whole are copied as they are");
        }
        return notes;
    }
}
