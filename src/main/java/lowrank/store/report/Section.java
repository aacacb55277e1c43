package lowrank.store.report;

import java.util.List;
import java.util.function.Consumer;
import lowrank.certify.Measure;
import lowrank.factor.Shares;
import lowrank.factor.Svd;
import lowrank.regress.LambdaPath;
import lowrank.regress.Scores;

/** A picture, with its words and numbers, on the page about a result. */
public final class Section {
    private final Consumer<Html> content;

    private Section(Consumer<Html> content) {
        this.content = content;
    }

    void write(Html html) {
        content.accept(html);
    }

    /** The spectrum of centred factors, such as kernel principal components. */
    public static Section components(Svd svd) {
        return spectrum(Spectrum.of(svd), "variance");
    }

    static Section spectrum(Spectrum spectrum, String energy) {
        return new Section(html -> {
            if (spectrum.rank() > 0) {
                SpectrumFigure.write(html, spectrum, energy);
                EnergyFigure.write(html, spectrum, energy);
            }
        });
    }

    /**
     * The scores of a path of penalties.
     *
     * @param select what chose: {@code gcv}, {@code kfold} or {@code loo}
     * @param classes whether k-fold errors are error rates, and targets are +1 and -1
     */
    public static Section path(LambdaPath path, double chosen, String select, boolean classes) {
        return new Section(html -> PathFigure.write(html, PathFigure.of(path, chosen, select, classes)));
    }

    /**
     * Eigenvalues of the features' Gram matrix, descending; nothing where there are none.
     *
     * @param penalty what is added to them: n lambda
     */
    public static Section eigenvalues(double[] values, double penalty) {
        return new Section(html -> EigenvalueFigure.write(html, values, penalty));
    }

    /** The part of the trace that is left after 1, 2, ... landmarks; nothing where it is not known. */
    public static Section traceLeft(double[] left) {
        return new Section(html -> TraceFigure.write(html, left));
    }

    /** A measure with the interval that holds the truth; nothing where there is none. */
    public static Section interval(Measure measure) {
        return new Section(html -> IntervalFigure.write(html, measure));
    }

    /**
     * How much a model misses of new rows; nothing where it misses nothing.
     *
     * @param what is missed of each row, such as {@code its square}
     */
    public static Section missed(Shares shares, String what) {
        return new Section(html -> SharesFigure.write(html, shares, what));
    }

    /**
     * How predictions compare with the truth.
     *
     * @param scores null where there is nothing to compare with
     * @param names targets, or classes in words
     */
    public static Section scores(Scores scores, List<String> names) {
        return new Section(html -> {
            if (scores instanceof Scores.Labels labels && labels.confusion() != null) {
                ConfusionFigure.write(html, labels.confusion(), names);
            } else if (scores instanceof Scores.Numbers numbers && names.size() > 1) {
                TargetTable.write(html, numbers, names);
            }
        });
    }

    /** The numbers that a reader should take away, in large type. */
    public static Section keyFigures(List<KeyFigure> figures) {
        return new Section(html -> KeyFigure.write(html, figures));
    }

    /** Attention heads by what they copy, and by rank and norm; nothing where there are none. */
    public static Section heads(List<HeadFigures.Head> heads) {
        return new Section(html -> HeadFigures.write(html, heads));
    }

    /**
     * How far outputs of attention are from exact ones, head by head, beside a table of the methods.
     *
     * @param confidence of the intervals
     */
    public static Section attention(AttentionHeads heads, double confidence) {
        return new Section(html -> AttentionFigure.write(html, heads, confidence));
    }

    /** The same as a map; nothing where heads are not told apart by two whole numbers, or all are exact. */
    public static Section attentionMap(AttentionHeads heads) {
        return new Section(html -> AttentionMap.write(html, heads));
    }

    /** What methods measured of heads; nothing where there is nothing. */
    public static Section headMeasures(List<HeadMeasures.Of> measures) {
        return new Section(html -> HeadMeasures.write(html, measures));
    }

    /** How heads compose, of one kind; nothing where there are no pairs. */
    public static Section composition(HeadPairs pairs) {
        return new Section(html -> CompositionFigure.write(html, pairs));
    }

    /**
     * A number of each matrix of a model, by kind and layer, beside a table.
     *
     * @param id of the section
     * @param title above the picture
     * @param meaning of the number, under the picture
     * @param values of the matrices of the grid; NaN where there is none
     * @param beside null for nothing
     */
    public static Section matrices(
            String id, String title, String meaning, MatrixGrid grid, double[] values, Table beside) {
        return new Section(html -> MatrixMap.write(html, id, title, meaning, grid, values, beside));
    }

    /** Singular values and ranks of the kinds of matrices that hold most; nothing where there are none. */
    public static Section spectra(MatrixGrid grid, List<KindFigures.Ranks> matrices) {
        return new Section(html -> KindFigures.write(html, grid, matrices));
    }

    /** A whole and its parts, as one bar and in a table. */
    public static Section parts(String id, String title, String meaning, List<PartsFigure.Part> parts) {
        return new Section(html -> PartsFigure.write(html, id, title, meaning, parts));
    }

    /** What outputs miss with factors chosen by outputs, beside factors chosen by matrices; nothing where nothing is known. */
    public static Section outputs(List<OutputsFigure.Rows> rows) {
        return new Section(html -> OutputsFigure.write(html, rows));
    }
}
