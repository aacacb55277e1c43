package lowrank.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.Layout;
import lowrank.factor.PlannedPass;
import lowrank.factor.Preparation;
import lowrank.factor.Projection;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.store.FactorTables;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.StoredRow;

/**
 * What {@code job = predict} on the result of an svd or pca will take: rows prepared as the model's were, A V, and A - (A V) V^T.
 *
 * @param columns names of the model's columns
 * @param rank columns of V
 */
record SvdPredictPlan(PredictSpec spec, Manifest model, List<String> columns, int rank) implements PredictPlan {

    static SvdPredictPlan of(Spec text, PredictSpec spec, OutputFolder.Result result, HadoopConf conf) {
        Manifest model = result.manifest();
        spec.read().withoutBeside("job = predict on an svd or pca");
        spec.withoutValues("job = predict on an svd or pca");
        SvdPredictPlan plan = new SvdPredictPlan(spec, model, FactorTables.readNames(conf, result), model.rank());
        plan.requireSamePreparation(text);
        return plan;
    }

    /** New rows are prepared as those of the model were; a spec may repeat that, not change it. */
    private void requireSamePreparation(Spec text) {
        String instead = null;
        if (text.differsFromDefault("read.scale") && spec.read().standard() != standard()) {
            instead = "read.scale";
        } else if (text.differsFromDefault("read.clip") && spec.read().clip() != clip()) {
            instead = "read.clip";
        }
        if (instead != null) {
            throw new SpecException(instead + " is not what the model " + spec.model()
                    + " was made with, and new rows are prepared as its rows were; remove it");
        }
    }

    /** Whether rows became z-scores before they were factored. */
    private boolean standard() {
        return model.spec().at("/read/scale").asText().equals("standard");
    }

    /** The limit of the rows that the model was made from. */
    double clip() {
        JsonNode clip = model.spec().at("/read/clip");
        return clip.isMissingNode() || clip.isNull() ? Double.POSITIVE_INFINITY : Double.parseDouble(clip.asText());
    }

    private boolean centred() {
        String center = model.spec().at("/factor/center").asText();
        return center.equals("true") || !center.equals("false") && model.job().equals("pca");
    }

    /** Whether the model's means are subtracted before values are rounded to float, as they were from its rows; z-scores have none that matter. */
    boolean shifted() {
        return spec.precision() == Precision.FLOAT && centred() && !standard();
    }

    /** Whether the projection itself centres or scales what it sees. */
    private boolean packed() {
        return centred() && !shifted() || model.spec().at("/factor/scale").asBoolean();
    }

    @Override
    public Precision precision() {
        return spec.precision();
    }

    @Override
    public Precision held() {
        return standard() || shifted() ? Precision.DOUBLE : precision();
    }

    @Override
    public Classes classes() {
        return null;
    }

    @Override
    public void requireTargets(Examples rows) {
        // None are read: see of.
    }

    @Override
    public String title() {
        return String.format(Locale.ROOT, "%s of %,d columns and rank %d", model.job(), cols(), rank);
    }

    @Override
    public Layout layout(long rows) {
        return Layout.of(rows, (long) cols() * held().bytes(), 0);
    }

    @Override
    public PlannedPass pass(long rows) {
        double preparing = Preparation.flops(rows, cols(), standard(), clip(), shifted());
        return new PlannedPass("projection", preparing + 4.0 * rows * cols() * rank, 0);
    }

    @Override
    public String written() {
        return "coordinates";
    }

    @Override
    public StoredRow row() {
        return new StoredRow((long) rank * spec.write().stored().bytes(), 1);
    }

    /** V, and what is subtracted and divided. */
    @Override
    public long modelBytes() {
        return 8L * cols() * (rank + 2 + (standard() ? 2 : 0));
    }

    @Override
    public long workBytes(Examples rows, Layout layout) {
        boolean prepared = standard() || shifted() || clip() < Double.POSITIVE_INFINITY;
        long row =
                (long) cols() * (held().bytes() + (prepared ? spec.precision().bytes() : 0));
        return layout.blockRows() * row + Projection.workBytes(layout, cols(), rank, spec.precision(), packed());
    }

    @Override
    public String sizeKey() {
        return "factor.rank";
    }

    @Override
    public String instead(Predicate<PredictPlan> fits) {
        int less = rank;
        while (less > 0 && !fits.test(new SvdPredictPlan(spec, model, columns, less))) {
            less = less * 7 / 8;
        }
        return less > 0 ? "a model of factor.rank = " + less + " would fit" : "no factor.rank would fit";
    }
}
