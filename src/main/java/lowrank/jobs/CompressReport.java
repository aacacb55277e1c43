package lowrank.jobs;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lowrank.store.report.KeyFigure;
import lowrank.store.report.OutputsFigure;
import lowrank.store.report.Section;
import lowrank.weights.Whitening;

/**
 * What is told of the matrices of a model and of their factors.
 *
 * @param tables of the same matrices as {@code found}
 */
record CompressReport(CompressedWeights found, MatrixTables<CompressedWeights.Row> tables) {

    static CompressReport of(CompressedWeights found) {
        return new CompressReport(
                found, MatrixTables.of(found.rows(), row -> row.weight().name()));
    }

    private long factored() {
        return found.rows().stream().filter(CompressedWeights.Row::factored).count();
    }

    /** The part of a spectrum that holds 90 % of the sum of squares. */
    private static double ninety(CompressedWeights.Row row) {
        return (double) row.spectrum().r90() / row.weight().most();
    }

    private static double ninetyNine(CompressedWeights.Row row) {
        return (double) row.spectrum().r99() / row.weight().most();
    }

    private static double kept(CompressedWeights.Row row) {
        return (double) row.kept() / row.weight().count();
    }

    /** (largest - smallest) / largest of what has factors. */
    private double spread(ToDoubleFunction<CompressedWeights.Row> of) {
        DoubleSummaryStatistics all = found.rows().stream()
                .filter(CompressedWeights.Row::factored)
                .mapToDouble(of)
                .summaryStatistics();
        return all.getMax() > 0 ? (all.getMax() - all.getMin()) / all.getMax() : 0;
    }

    private double median(ToDoubleFunction<CompressedWeights.Row> of) {
        double[] sorted = found.rows().stream().mapToDouble(of).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[(sorted.length - 1) / 2];
    }

    String headline() {
        if (found.rows().isEmpty()) {
            return "No matrices";
        }
        if (!found.factors()) {
            return String.format(
                    Locale.ROOT,
                    "%.0f%% of the components hold 90%% of the median of %,d matrices",
                    100 * median(CompressReport::ninety),
                    found.rows().size());
        }
        if (factored() == 0) {
            return String.format(
                    Locale.ROOT,
                    "None of %,d matrices becomes smaller by factors",
                    found.rows().size());
        }
        return String.format(
                Locale.ROOT,
                "Factors keep %.1f%% of the numbers of %,d matrices and miss %.1f%% of their norm",
                100 * found.keptShare(),
                found.rows().size(),
                100 * found.relativeError());
    }

    String standfirst(String path) {
        String name = lastName(path);
        if (!found.factors()) {
            return "Spectra of the matrices of " + name
                    + ": how fast singular values fall, and from which rank on factors would be no smaller.";
        }
        long dense = found.rows().size() - factored();
        return String.format(
                Locale.ROOT,
                "%s: %,d matrices are stored as factors%s.%s",
                name,
                factored(),
                dense == 0
                        ? ""
                        : dense == 1
                                ? ", one stays as it is"
                                : String.format(Locale.ROOT, ", %,d stay as they are", dense),
                found.calibrated()
                        ? " Factors are chosen by what comes out for given rows; beside them stands what factors chosen by the"
                                + " matrices alone would miss."
                        : "");
    }

    /** The last name of a path. */
    static String lastName(String path) {
        String whole = path.replaceFirst("/+$", "");
        return whole.substring(whole.lastIndexOf('/') + 1);
    }

    private List<KeyFigure> figures() {
        List<KeyFigure> figures = new ArrayList<>();
        if (!found.factors()) {
            figures.add(KeyFigure.share(
                    median(CompressReport::ninety), "of its components hold 90% of the squares of the median matrix"));
            figures.add(KeyFigure.share(median(CompressReport::ninetyNine), "hold 99% of them"));
            figures.add(
                    KeyFigure.number(median(row -> row.spectrum().stableRank()), "stable rank of the median matrix"));
            return figures;
        }
        figures.add(KeyFigure.share(found.keptShare(), "of the numbers are kept"));
        figures.add(KeyFigure.share(found.relativeError(), "of the norm is missed by what is stored"));
        if (found.calibrated()) {
            figures.add(KeyFigure.share(
                    found.outputs(Whitening.Measured::chosenBy, Whitening.Outputs::whitened),
                    "of the outputs is missed; chosen by the matrices alone, "
                            + String.format(
                                    Locale.ROOT,
                                    "%.2f%%",
                                    100 * found.outputs(Whitening.Measured::chosenBy, Whitening.Outputs::plain))));
        } else {
            figures.add(
                    KeyFigure.whole(factored(), "matrices of " + found.rows().size() + " have factors"));
        }
        return figures;
    }

    List<Section> sections() {
        List<Section> sections = new ArrayList<>();
        if (found.rows().isEmpty()) {
            return sections;
        }
        sections.add(Section.keyFigures(figures()));
        if (found.factors()) {
            Section errors = tables.map(
                    "errors",
                    "What factors miss, by matrix",
                    "||W - factors|| / ||W||, measured with the factors as they are stored; 0 where a matrix stays as it is.",
                    "error",
                    CompressedWeights.Row::relativeError,
                    "kept",
                    CompressReport::kept);
            Section sizes = tables.map(
                    "sizes",
                    "What is kept, by matrix",
                    "Numbers stored, of those that the matrix holds; 1 where it stays as it is.",
                    "kept",
                    CompressReport::kept,
                    "rank",
                    row -> row.result().rank());
            // A rule of the error makes errors alike, a rule of the rank sizes: what differs comes first.
            boolean sizesDiffer = spread(CompressReport::kept) > spread(CompressedWeights.Row::relativeError);
            sections.add(sizesDiffer ? sizes : errors);
            sections.add(sizesDiffer ? errors : sizes);
        } else {
            sections.add(tables.map(
                    "energy",
                    "Components that hold 90%, by matrix",
                    "The part of all components that holds 90% of the sum of squares: small where a matrix is of low rank.",
                    "90% in",
                    CompressReport::ninety,
                    "99% in",
                    CompressReport::ninetyNine));
        }
        if (found.calibrated()) {
            List<OutputsFigure.Rows> rows = new ArrayList<>();
            rows.add(outputs("the rows of read.calibration", Whitening.Measured::chosenBy));
            if (found.heldOut()) {
                rows.add(outputs("the rows of read.held-out", Whitening.Measured::heldOut));
            }
            sections.add(Section.outputs(rows));
        }
        sections.add(tables.spectra(row -> MatrixTables.ranks(
                row.weight(), row.result().s(), row.spectrum(), row.result().rank())));
        return sections;
    }

    private OutputsFigure.Rows outputs(String name, Function<Whitening.Measured, Whitening.Outputs> rows) {
        return new OutputsFigure.Rows(
                name,
                tables.values(row -> row.missed(rows, Whitening.Outputs::plain)),
                tables.values(row -> row.missed(rows, Whitening.Outputs::whitened)));
    }
}
