package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.factor.PlannedPass;
import lowrank.factor.Preparation;
import lowrank.factor.Projection;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.regress.Predictor;
import lowrank.regress.ScorePass;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.ModelShape;
import lowrank.store.OutputFolder;
import lowrank.store.Stored;
import lowrank.store.StoredRow;

/**
 * What {@code job = predict} on the result of a kernel job will take: features of rows, and their products with coefficients or, for
 * coordinates, with V and its transpose.
 *
 * @param job that made the model
 * @param components columns of V; 0 where the result has none
 * @param variance whether variances are written, which takes a D x D matrix
 * @param novelty whether novelties are
 */
record KernelPredictPlan(
        PredictSpec spec,
        String job,
        ModelShape model,
        KernelModel.Inputs inputs,
        int components,
        boolean variance,
        boolean novelty)
        implements PredictPlan {

    static KernelPredictPlan of(Spec text, PredictSpec spec, OutputFolder.Result result, HadoopConf conf) {
        ModelShape model = ModelShape.of(result.manifest());
        Manifest.Factor v = result.manifest().factors().get("V");
        List<String> also = spec.write().also();
        KernelPredictPlan plan = new KernelPredictPlan(
                spec,
                result.manifest().job(),
                model,
                KernelModel.readInputs(conf, result),
                v == null ? 0 : v.width(),
                also.contains(WriteSpec.VARIANCE),
                also.contains(WriteSpec.NOVELTY));
        plan.requireSamePreparation(text);
        if (model.fit() == null) {
            spec.read().withoutBeside("job = predict on a " + plan.job + " result");
            spec.withoutValues("job = predict on a " + plan.job + " result");
        } else {
            plan.requireKnown();
            plan.requireComparable();
        }
        return plan;
    }

    /** New rows are prepared as those of the model were: a spec says nothing of it. */
    private void requireSamePreparation(Spec text) {
        for (String key : List.of("read.scale", "read.clip", "blocks.precision")) {
            if (text.differsFromDefault(key)) {
                throw new SpecException(key + " does not apply to job = predict on a kernel model: new rows are treated"
                        + " as those of the model were; remove it");
            }
        }
    }

    private void requireKnown() {
        if (novelty && !model.knowsNovelty()) {
            throw new SpecException(
                    "write.also = novelty is 0 for every row with random features, which know nothing of"
                            + " landmarks; remove it, or learn with features.map = nystrom");
        }
        if (variance && classes() != null) {
            throw new SpecException(
                    "write.also = variance is of numbers, and the model " + spec.model() + " tells classes; remove it");
        }
        if (variance && !model.fit().variance()) {
            throw new SpecException("the model " + spec.model() + " was learnt without what variances are made with;"
                    + " learn it with write.also = [variance]");
        }
    }

    /** What is read beside the rows must be of the kind that the model tells, and as many columns. */
    private void requireComparable() {
        boolean tellsClasses = classes() != null;
        ReadSpec.Kind kind = spec.read().kind();
        if (kind != null && (kind == ReadSpec.Kind.CLASSIFICATION) != tellsClasses) {
            throw new SpecException("the model " + spec.model() + " tells " + (tellsClasses ? "classes" : "numbers")
                    + "; compare them with " + (tellsClasses ? "read.label" : "read.target") + ", or with nothing");
        }
    }

    @Override
    public void requireTargets(Examples rows) {
        if (spec.read().kind() != ReadSpec.Kind.REGRESSION) {
            return;
        }
        int targets = model.fit().targets();
        int named = rows.targets() == null
                ? spec.read().beside().targets().size()
                : rows.targets().cols();
        if (named != targets) {
            throw new SpecException("read.target names " + named + " columns, the model " + spec.model() + " tells "
                    + targets + ": " + String.join(", ", model.fit().names()));
        }
    }

    private KernelPredictPlan with(ModelShape other, boolean variance) {
        return new KernelPredictPlan(spec, job, other, inputs, Math.min(components, other.size()), variance, novelty);
    }

    @Override
    public Precision precision() {
        return inputs.precision();
    }

    @Override
    public Precision held() {
        return inputs.score() == null ? precision() : Precision.DOUBLE;
    }

    @Override
    public List<String> columns() {
        return inputs.names();
    }

    @Override
    public Classes classes() {
        return model.fit() == null ? null : model.fit().classes();
    }

    /** Whether there is something to compare with. */
    boolean compares() {
        return spec.read().kind() != null;
    }

    @Override
    public String title() {
        return String.format(Locale.ROOT, "%s of %,d columns and %,d features", job, cols(), model.size());
    }

    @Override
    public Layout layout(long rows) {
        long mapped = (long) model.size() * precision().bytes();
        return Layout.of(rows, Math.max((long) cols() * held().bytes(), mapped), 0);
    }

    @Override
    public PlannedPass pass(long rows) {
        double size = model.size();
        double preparing = Preparation.flops(rows, cols(), inputs.score() != null, inputs.clip(), false)
                + (inputs.lengths().length == 0 ? 0 : (double) rows * cols());
        double mapping = preparing + model.planned().flops(rows);
        if (model.fit() == null) {
            return new PlannedPass(written(), mapping + 4.0 * rows * size * components, 0);
        }
        int targets = model.fit().targets();
        long scored = classes() == null ? ScorePass.numberBytes(targets) : ScorePass.labelBytes(targets);
        return new PlannedPass(
                compares() ? "scores" : "predictions",
                mapping + 2.0 * rows * size * (targets + (variance ? size : 0)),
                compares() ? scored : 0);
    }

    @Override
    public String written() {
        return model.fit() != null ? "predictions" : components > 0 ? "coordinates" : "features";
    }

    /** Whether k(x, x) is needed: what landmarks miss of a row makes it less sure, and features less good. */
    boolean needsSelf() {
        return model.knowsNovelty() && (novelty || variance || model.fit() == null && components == 0);
    }

    /** How what is told of a row is stored: of one target numbers, of several vectors. */
    List<Stored> told() {
        Stored values = model.fit().targets() == 1 ? new Stored.Number() : new Stored.Vector(Precision.DOUBLE);
        List<Stored> told = new ArrayList<>();
        if (classes() == null) {
            told.add(values);
        } else {
            told.add(new Stored.Class(classes()));
            told.add(new Stored.Number());
        }
        if (variance) {
            told.add(values);
        }
        if (novelty) {
            told.add(new Stored.Number());
        }
        return told;
    }

    @Override
    public StoredRow row() {
        if (model.fit() == null) {
            long width = components > 0 ? components : model.size();
            return new StoredRow(width * spec.write().stored().bytes(), components > 0 ? 1 : 0);
        }
        int vectors =
                (int) told().stream().filter(Stored.Vector.class::isInstance).count();
        return new StoredRow(8L * vectors * model.fit().targets(), told().size() - vectors);
    }

    @Override
    public long modelBytes() {
        long size = model.size();
        long values = model.mapValues() + 3L * cols() + size * components;
        if (model.fit() != null) {
            values += size * model.fit().targets() + (variance ? size * size : 0);
        }
        return 8 * values;
    }

    @Override
    public long workBytes(Examples rows, Layout layout) {
        long b = layout.blockRows();
        int bytes = precision().bytes();
        boolean prepares = inputs.score() != null || inputs.clip() < Double.POSITIVE_INFINITY;
        boolean divides = inputs.lengths().length > 0;
        long block = b * cols() * (held().bytes() + (prepares ? bytes : 0) + (divides ? bytes : 0));
        long beside = b * besideBytes(rows)
                + Stream.of(rows.targets(), rows.weight())
                        .filter(table -> table != null)
                        .mapToLong(InputTable::chunkBytes)
                        .sum();
        Column prepared = new Column("values", cols(), precision());
        long selves = needsSelf() ? 8 * b : 0;
        return block + selves + beside + model.planned().mapperBytes(layout, prepared) + products(layout);
    }

    private long products(Layout layout) {
        Precision precision = precision();
        if (model.fit() == null) {
            return components > 0 ? Projection.workBytes(layout, model.size(), components, precision, true) : 0;
        }
        int targets = model.fit().targets();
        boolean tellsClasses = classes() != null;
        int told = (tellsClasses ? 2 : targets) + (variance ? targets : 0) + (novelty ? 1 : 0);
        long codes = tellsClasses && compares() ? 8L * layout.blockRows() : 0;
        return Predictor.workBytes(layout, model.size(), targets, variance, told, precision) + codes;
    }

    @Override
    public String sizeKey() {
        return "features.size";
    }

    @Override
    public String instead(Predicate<PredictPlan> fits) {
        if (variance && fits.test(with(model, false))) {
            return "without variance in write.also it would fit";
        }
        int size = model.featuresSize();
        while (size > 1 && !fits.test(with(model.resized(size), variance))) {
            // Even, as maps of pairs want it.
            size = size * 7 / 16 * 2;
        }
        return size > 1 ? "a model of features.size = " + size + " would fit" : "no features.size would fit";
    }
}
