package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import lowrank.store.report.KeyFigure;
import lowrank.store.report.Section;
import lowrank.weights.Merging;

/**
 * What is told of a model that adapters were merged into: what changed, and what rounding made of it.
 *
 * @param whole tensors that were replaced as a whole
 */
record MergeReport(MatrixTables<Merging.Merged> tables, int whole) {

    static MergeReport of(List<Merging.Merged> merged, int whole) {
        return new MergeReport(MatrixTables.of(merged, Merging.Merged::name), whole);
    }

    private static double relative(Merging.Merged one) {
        return one.delta() == 0 ? 0 : one.delta() / one.norm();
    }

    /** What rounding makes of the change of a matrix. */
    static double rounding(Merging.Merged one) {
        return one.delta() == 0 ? 0 : one.rounding() / one.delta();
    }

    private double norm(ToDoubleFunction<Merging.Merged> of) {
        return tables.rows().stream().mapToDouble(of).reduce(0, Math::hypot);
    }

    /** ||W' - W||_F / ||W||_F over all matrices. */
    private double relativeDelta() {
        return norm(Merging.Merged::delta) == 0 ? 0 : norm(Merging.Merged::delta) / norm(Merging.Merged::norm);
    }

    /** ||fl(W') - W'||_F / ||W' - W||_F over all matrices. */
    double relativeError() {
        return norm(Merging.Merged::delta) == 0 ? 0 : norm(Merging.Merged::rounding) / norm(Merging.Merged::delta);
    }

    /** The largest rounding of one number, in units of its last place. */
    double ulps() {
        return tables.rows().stream().mapToDouble(Merging.Merged::ulps).max().orElse(0);
    }

    String headline() {
        int count = tables.rows().size();
        return count == 0
                ? String.format(Locale.ROOT, "%,d tensors of a model were replaced", whole)
                : String.format(
                        Locale.ROOT,
                        "Adapters change %,d %s of a model by %.2f%% of their norm",
                        count,
                        count == 1 ? "matrix" : "matrices",
                        100 * relativeDelta());
    }

    List<Section> sections() {
        List<Section> sections = new ArrayList<>();
        if (tables.rows().isEmpty()) {
            return sections;
        }
        sections.add(Section.keyFigures(List.of(
                KeyFigure.share(relativeDelta(), "of their norm is what these matrices changed by"),
                KeyFigure.share(
                        relativeError(), "of that change is lost by rounding to the type that the model stores"),
                KeyFigure.number(ulps(), "units in the last place: the largest rounding of one number"))));
        sections.add(tables.map(
                "deltas",
                "How much changed, by matrix",
                "||W' - W|| / ||W||, before rounding.",
                "change",
                MergeReport::relative,
                "rank",
                Merging.Merged::rank));
        sections.add(tables.map(
                "rounding",
                "What rounding makes of the change, by matrix",
                "||fl(W') - W'|| / ||W' - W||: the part of the change that the stored type cannot hold.",
                "rounding",
                MergeReport::rounding,
                "ulp",
                Merging.Merged::ulps));
        return sections;
    }
}
