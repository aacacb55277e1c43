package lowrank.jobs;

import java.util.List;
import lowrank.store.report.KeyFigure;
import lowrank.store.report.KindFigures;
import lowrank.store.report.Section;

/**
 * What is told of a sum of adapters that was given other ranks.
 *
 * @param tables of the same modules as {@code found}
 */
record ResizeReport(ResizedWeights found, MatrixTables<ResizedWeights.Row> tables) {

    static ResizeReport of(ResizedWeights found) {
        return new ResizeReport(
                found, MatrixTables.of(found.rows(), row -> row.target().path()));
    }

    List<Section> sections() {
        return List.of(
                Section.keyFigures(List.of(
                        KeyFigure.share(found.relativeError(), "of the sum is missed by the adapter"),
                        KeyFigure.whole(found.kept(), "numbers in its factors"),
                        KeyFigure.whole(found.given(), "numbers in the factors that were given"))),
                tables.map(
                        "errors",
                        "What the adapter misses, by module",
                        "||M - factors|| / ||M||, measured on the file that was written; M is the sum of what was given.",
                        "error",
                        ResizedWeights.Row::relativeError,
                        "rank",
                        row -> row.result().rank()),
                tables.spectra(row -> new KindFigures.Ranks(
                        row.target().out(),
                        row.target().in(),
                        row.result().s(),
                        row.spectrum().stableRank(),
                        row.spectrum().r90(),
                        row.spectrum().r99(),
                        row.breakEven(),
                        row.result().rank())));
    }
}
