package lowrank.jobs;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.spark.MatrixTasks;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.Adapter;
import lowrank.weights.AdapterModule;
import lowrank.weights.ExtractionCheck;
import lowrank.weights.ModelPairs;
import lowrank.weights.NoiseLevel;
import lowrank.weights.SideFile;
import lowrank.weights.TensorPair;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Measures a lora-extract result: the adapter as PEFT would read it against both models ({@link ExtractionCheck}), the side-file number by
 * number, and the ledger, in which every tensor of the tuned model stands once.
 */
final class LoraExtractVerification extends WeightsVerification {
    private static final String ADAPTER = "adapter";
    private static final String SIDE_FILE = "side-file";
    private static final long SEED = 7;

    private final LoraExtractSpec spec;
    private ModelPairs pairs;
    private List<Weight> weights;
    private Map<String, AdapterModule> modules;
    private RowTable.Columns matrices;

    LoraExtractVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        super(spark, conf, result);
        spec = LoraExtractSpec.of(text);
    }

    @Override
    void measure() {
        pairs = ModelPairs.of(
                Checkpoint.open(conf, spec.base()),
                Checkpoint.open(conf, spec.tuned()),
                spec.common().rule());
        weights = pairs.selected().stream().map(TensorPair::tuned).toList();
        modules = Adapter.read(conf, result.path() + "/" + ADAPTER).modules().stream()
                .collect(Collectors.toMap(AdapterModule::path, Function.identity()));
        matrices = table("matrices");
        if (!isOf(matrices, weights) || !adapter()) {
            return;
        }
        List<double[]> spectra = spectra(weights);
        derived(matrices, weights, spectra);
        noise(spectra);
        List<ExtractionCheck.Found> found = found(spectra);
        measured(found, spectra);
        ledger(found);
        checks.say("above_noise, energy", "not measured again");
        checks.covers("matrices", "spectra", ADAPTER, SIDE_FILE, "ledger");
    }

    private boolean extracted(int i) {
        return matrices.whole("factored")[i] == 1;
    }

    private boolean adapter() {
        List<Held> wanted = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            if (extracted(i)) {
                Weight weight = weights.get(i);
                wanted.add(new Held(
                        weight.module(),
                        AdapterModule.kind(weight),
                        weight.out(),
                        weight.in(),
                        matrices.whole("rank")[i]));
            }
        }
        return adapter(wanted, modules);
    }

    private void noise(List<double[]> spectra) {
        String wrong = null;
        for (int i = 0; i < weights.size() && wrong == null; i++) {
            boolean same = matrices.whole("gavish_donoho")[i] == above(NoiseLevel.GAVISH_DONOHO, spectra, i)
                    && matrices.whole("marchenko_pastur")[i] == above(NoiseLevel.MARCHENKO_PASTUR, spectra, i);
            wrong = same ? null : weights.get(i).name();
        }
        checks.same(
                "values above noise",
                wrong == null,
                "what the stored values say" + (wrong == null ? "" : ", of " + wrong));
    }

    private int above(NoiseLevel level, List<double[]> spectra, int i) {
        return new Truncation.Noise(level)
                .choose(spectra.get(i), weights.get(i).out(), weights.get(i).in());
    }

    private List<ExtractionCheck.Found> found(List<double[]> spectra) {
        ExtractionCheck check = new ExtractionCheck(conf, SEED);
        List<ExtractionCheck.Task> tasks = new ArrayList<>();
        List<WeightsPlan.Cost> costs = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            int rank = extracted(i) ? matrices.whole("rank")[i] : 0;
            tasks.add(new ExtractionCheck.Task(
                    pairs.selected().get(i), spectra.get(i), extracted(i) ? modules.get(weight.module()) : null));
            costs.add(new WeightsPlan.Cost(
                    weight.name(),
                    2 * weight.count(),
                    check.flops(weight, rank) + 2 * MatrixTasks.READING * weight.count(),
                    check.bytes(weight, rank)));
        }
        return onAll("matrices", tasks, costs, check::run);
    }

    private void measured(List<ExtractionCheck.Found> found, List<double[]> spectra) {
        Checks.Worst bases = new Checks.Worst();
        Checks.Worst norms = new Checks.Worst();
        Checks.Worst values = new Checks.Worst();
        Checks.Worst cosines = new Checks.Worst();
        Checks.Worst residuals = new Checks.Worst();
        Checks.Worst spectral = new Checks.Worst();
        double base = 0;
        double delta = 0;
        double error = 0;
        double rounding = 0;
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            String name = weight.name();
            ExtractionCheck.Found one = found.get(i);
            double sum = 4 * sums(weight.count());
            bases.add(name, Math.abs(one.base() - matrices.numbers("norm")[i]), sum * one.base());
            spectrum(name, one.spectrum(), matrices.numbers("delta_norm")[i], weight, norms, values);
            cosines.add(name, Math.abs(one.cosine() - matrices.numbers("cosine")[i]), sum);
            double claimed = matrices.numbers("relative_error")[i] * matrices.numbers("delta_norm")[i];
            residuals.add(name, Math.abs(one.residual() - claimed), one.rounding() + sum * one.residual());
            double bound = matrices.numbers("spectral_bound")[i];
            if (extracted(i)) {
                spectral.add(name, one.spectral(), bound + one.rounding());
            } else {
                spectral.add(name, Math.abs(bound - spectra.get(i)[0]), 0);
            }
            base = Math.hypot(base, one.base());
            delta = Math.hypot(delta, one.spectrum().norm());
            error = Math.hypot(error, one.residual());
            rounding = Math.hypot(rounding, one.rounding() + sum * one.residual());
        }
        checks.atMost("||W||_F", bases);
        checks.atMost("||D||_F, D = W' - W", norms);
        checks.atMost("s^2, eigenvalues of D'D", values);
        checks.atMost("cosine of W and W'", cosines);
        checks.atMost("||D - B A||_F", residuals);
        checks.atMost("||D - B A||_2 at least", spectral);
        double relative = base == 0 ? 0 : delta / base;
        checks.near("relative delta", relative, checks.claimed("relative delta").value(), 1e-9 * relative);
        checks.near(
                "relative error",
                delta == 0 ? 0 : error / delta,
                checks.claimed("relative error").value(),
                delta == 0 ? 0 : rounding / delta + SPACINGS * weights.size() * Math.ulp(1.0));
    }

    /** The part of a norm, or of an inner product of unit vectors, that sums of so many numbers may lose. */
    private static double sums(long count) {
        return 0x1p-53 * (4096 + (double) count / 1024);
    }

    /** Every tensor of the tuned model once, with what became of it; the side-file holds what it should, number by number. */
    private void ledger(List<ExtractionCheck.Found> found) {
        RowTable.Columns table = table("ledger");
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, Double> changes = new HashMap<>();
        Map<String, StoredTensor> tensors = new HashMap<>();
        String rest = spec.sideFile() ? SIDE_FILE : "left out";
        for (int i = 0; i < weights.size(); i++) {
            ExtractionCheck.Found one = found.get(i);
            double delta = one.spectrum().norm();
            expected.put(weights.get(i).tensor().name(), delta == 0 ? "unchanged" : extracted(i) ? "extracted" : rest);
            changes.put(weights.get(i).tensor().name(), delta == 0 ? 0 : delta / one.base());
        }
        List<TensorPair.Change> others = others();
        double elsewhere = 0;
        for (int i = 0; i < others.size(); i++) {
            String name = pairs.others().get(i).name();
            expected.put(name, others.get(i).delta() == 0 ? "unchanged" : rest);
            changes.put(name, others.get(i).relative());
            elsewhere = Math.hypot(elsewhere, others.get(i).delta());
        }
        pairs.reshaped().forEach(tensor -> expected.put(tensor.name(), rest));
        pairs.added().forEach(tensor -> expected.put(tensor.name(), rest));
        pairs.selected().forEach(pair -> tensors.put(pair.name(), pair.tunedTensor()));
        pairs.others().forEach(pair -> tensors.put(pair.name(), pair.tunedTensor()));
        pairs.reshaped().forEach(tensor -> tensors.put(tensor.name(), tensor));
        pairs.added().forEach(tensor -> tensors.put(tensor.name(), tensor));
        String wrong = null;
        String[] names = table.texts("name");
        for (int i = 0; i < names.length && wrong == null; i++) {
            double change = table.numbers("relative_change")[i];
            double measured = changes.getOrDefault(names[i], Double.NaN);
            boolean same = table.texts("fate")[i].equals(expected.remove(names[i]))
                    && table.numbers("numbers")[i] == tensors.get(names[i]).count()
                    && (Double.isNaN(change)
                            ? Double.isNaN(measured)
                            : Math.abs(change - measured)
                                    <= 8 * sums(tensors.get(names[i]).count()) * change);
            wrong = same ? null : names[i];
        }
        wrong = wrong == null && !expected.isEmpty()
                ? expected.keySet().iterator().next()
                : wrong;
        checks.same(
                "ledger",
                wrong == null,
                "every tensor of the tuned model once, with its change" + (wrong == null ? "" : ", of " + wrong));
        double delta = 0;
        for (ExtractionCheck.Found one : found) {
            delta = Math.hypot(delta, one.spectrum().norm());
        }
        double all = Math.hypot(elsewhere, delta);
        checks.near(
                "change elsewhere",
                all == 0 ? 0 : elsewhere / all,
                checks.claimed("change elsewhere").value(),
                1e-9);
        sideFile(table, tensors);
    }

    private List<TensorPair.Change> others() {
        HadoopConf files = conf;
        return onAll(
                "other tensors",
                pairs.others(),
                pairs.others().stream()
                        .map(pair -> new WeightsPlan.Cost(
                                pair.name(),
                                2 * pair.tunedTensor().count(),
                                LoraExtractSpec.comparing(pair),
                                pair.compareBytes()))
                        .toList(),
                (pair, arena) -> pair.compare(files, arena));
    }

    private void sideFile(RowTable.Columns table, Map<String, StoredTensor> tensors) {
        TreeSet<String> wanted = new TreeSet<>();
        for (int i = 0; i < table.texts("name").length; i++) {
            if (table.texts("fate")[i].equals(SIDE_FILE)) {
                wanted.add(table.texts("name")[i]);
            }
        }
        if (wanted.isEmpty()) {
            checks.same(SIDE_FILE, !manifest.factors().containsKey(SIDE_FILE), "left out, as nothing goes into it");
            return;
        }
        Map<String, StoredTensor> held = Checkpoint.open(conf, result.path() + "/" + SideFile.FILE).tensors().stream()
                .collect(Collectors.toMap(StoredTensor::name, Function.identity()));
        boolean same = held.keySet().equals(wanted)
                && areExact(
                        SIDE_FILE,
                        wanted.stream()
                                .map(name -> new SideFile.Copy(tensors.get(name), held.get(name)))
                                .toList());
        checks.same(SIDE_FILE, same, "the tensors of the tuned model, number by number");
    }
}
