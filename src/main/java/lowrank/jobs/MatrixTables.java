package lowrank.jobs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lowrank.store.report.KindFigures;
import lowrank.store.report.MatrixGrid;
import lowrank.store.report.Section;
import lowrank.store.report.Table;
import lowrank.weights.Weight;
import lowrank.weights.WeightSpectrum;

/**
 * Pictures of numbers of all matrices of a model, as the pages of several jobs show them.
 *
 * @param rows what is known of each matrix
 */
record MatrixTables<T>(List<T> rows, MatrixGrid grid) {
    /** Matrices named at either end of an order. */
    private static final int NAMED = 4;

    static <T> MatrixTables<T> of(List<T> rows, Function<T, String> name) {
        return new MatrixTables<>(rows, MatrixGrid.of(rows.stream().map(name).toList()));
    }

    double[] values(ToDoubleFunction<T> of) {
        return rows.stream().mapToDouble(of).toArray();
    }

    /**
     * A number by kind and layer, and the matrices where it is largest and smallest.
     *
     * @param column what the table calls it
     * @param other a second column, or null
     */
    Section map(
            String id,
            String title,
            String meaning,
            String column,
            ToDoubleFunction<T> of,
            String other,
            ToDoubleFunction<T> ofOther) {
        Map<String, double[]> columns = new LinkedHashMap<>();
        columns.put(column, values(of));
        if (other != null) {
            columns.put(other, values(ofOther));
        }
        Table table = grid.extremes(NAMED, columns);
        return Section.matrices(id, title, meaning, grid, columns.get(column), table);
    }

    /** Spectra and ranks, by kind. */
    Section spectra(Function<T, KindFigures.Ranks> of) {
        return Section.spectra(grid, rows.stream().map(of).toList());
    }

    /** What is drawn of a spectrum. */
    static KindFigures.Ranks ranks(Weight weight, double[] s, WeightSpectrum spectrum, int rank) {
        return new KindFigures.Ranks(
                weight.out(),
                weight.in(),
                s,
                spectrum.stableRank(),
                spectrum.r90(),
                spectrum.r99(),
                weight.breakEven(),
                rank);
    }
}
