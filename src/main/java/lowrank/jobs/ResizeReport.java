package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.store.report.KeyFigure;
import lowrank.store.report.KindFigures;
import lowrank.store.report.Section;

/**
 * What is told of a sum of adapters: what its ranks miss, module by module.
 *
 * @param tables of the same modules as {@code found}
 */
record ResizeReport(ResizedWeights found, MatrixTables<ResizedWeights.Row> tables) {

    static ResizeReport of(ResizedWeights found) {
        return new ResizeReport(
                found, MatrixTables.of(found.rows(), row -> row.target().path()));
    }

    String headline() {
        return String.format(
                Locale.ROOT,
                "An adapter of %,d numbers for %,d of %,d modules",
                found.kept(),
                found.held(),
                found.rows().size());
    }

    List<Section> sections() {
        List<Section> sections = new ArrayList<>();
        sections.add(Section.keyFigures(List.of(
                KeyFigure.share(found.relativeError(), "of the norm of the sum the adapter misses"),
                KeyFigure.share(
                        found.given() == 0 ? 0 : (double) found.kept() / found.given(),
                        "as many numbers as the adapters that were added up"))));
        sections.add(tables.map(
                "errors",
                "What the adapter misses, by module",
                "||M - factors|| / ||M||, M being the sum, measured on the file that was written; 1 where a module is not in it.",
                "error",
                ResizedWeights.Row::relativeError,
                "rank",
                row -> row.result().rank()));
        sections.add(tables.spectra(row -> new KindFigures.Ranks(
                row.target().out(),
                row.target().in(),
                row.result().s(),
                row.spectrum().stableRank(),
                row.spectrum().r90(),
                row.spectrum().r99(),
                row.breakEven(),
                row.result().rank())));
        return sections;
    }
}
