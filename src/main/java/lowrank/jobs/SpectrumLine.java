package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import lowrank.store.RowTable;

/** A singular value of one of many matrices: a row of {@code spectra/}. */
record SpectrumLine(String name, int component, double value) {

    /** All singular values of some matrices, one after the other. */
    static <T> RowTable<SpectrumLine> table(List<T> rows, Function<T, String> name, Function<T, double[]> spectrum) {
        List<SpectrumLine> lines = new ArrayList<>();
        for (T row : rows) {
            double[] s = spectrum.apply(row);
            for (int j = 0; j < s.length; j++) {
                lines.add(new SpectrumLine(name.apply(row), j, s[j]));
            }
        }
        return RowTable.of(lines)
                .text("name", SpectrumLine::name)
                .whole("component", SpectrumLine::component)
                .number("value", SpectrumLine::value);
    }
}
