package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import lowrank.blas.Backend;
import lowrank.io.HadoopConf;
import lowrank.linalg.NumericalException;
import lowrank.spark.MatrixTasks;
import lowrank.spark.PassLog;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.AdapterModule;
import lowrank.weights.SideFile;
import lowrank.weights.SpectrumCheck;
import lowrank.weights.Weight;
import lowrank.weights.WeightSpectrum;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Measures the result of a job on weights against its inputs once more. Its files must be those that were written, its inputs those that it
 * was made from; then what is stored is measured in other ways than it was computed, a task for each matrix, layer or file.
 */
abstract class WeightsVerification {
    /** Spacings of doubles that a few operations on stored numbers are worth. */
    static final double SPACINGS = 8;

    final JavaSparkContext spark;
    final HadoopConf conf;
    final OutputFolder.Result result;
    final Manifest manifest;
    final Checks checks;
    final Spec text;

    WeightsVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        this.spark = spark;
        this.conf = conf;
        this.result = result;
        manifest = result.manifest();
        checks = new Checks(result);
        text = text(result);
    }

    /** What measures a result of this job. */
    static WeightsVerification of(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        return switch (result.manifest().job()) {
            case "compress" -> new CompressVerification(spark, conf, result);
            case "lora-extract" -> new LoraExtractVerification(spark, conf, result);
            case "lora-merge" -> new LoraMergeVerification(spark, conf, result);
            case "lora-resize" -> new LoraResizeVerification(spark, conf, result);
            case "circuits" -> new CircuitsVerification(spark, conf, result);
            default ->
                throw new SpecException(
                        result.path() + " holds what job = "
                                + result.manifest().job()
                                + " wrote, which verify does not measure; run it again and compare the digests (show --digest)");
        };
    }

    /** The spec of the result, its first input by the path that it has from anywhere. */
    private static Spec text(OutputFolder.Result result) {
        Manifest manifest = result.manifest();
        String first = "=\"" + manifest.input().path() + "\"";
        List<String> known = switch (manifest.job()) {
            case "lora-extract", "lora-merge" -> List.of("read.base" + first);
            case "lora-resize" -> List.of(); // a list of adapters, by the paths that the spec gives them
            default -> List.of("read.path" + first);
        };
        return Spec.of(Spec.layers(null, result.path(), manifest.spec().toString(), List.of(), known));
    }

    /** Prints what was measured; whether all of it holds. */
    final boolean holds() {
        StoredFiles.require(spark, conf, result, checks);
        WeightsJob job = WeightsJob.of(text, spark);
        job.requireInputsOf(manifest);
        Backend.choose(job.spec.blas());
        measure();
        checks.sayWhatIsLeft();
        return checks.hold();
    }

    /** Measures what the job wrote. */
    abstract void measure();

    /** Runs measurements on the cluster, once the memory for them is known to be there. */
    final <T, R> List<R> onAll(String label, List<T> tasks, List<WeightsPlan.Cost> costs, MatrixTasks.Work<T, R> work) {
        if (tasks.isEmpty()) {
            return List.of();
        }
        new WeightsPlan("verify", manifest.weights(), List.of(new WeightsPlan.Stage(label, false, costs)))
                .require(spark.getConf(), spark.defaultParallelism());
        List<MatrixTasks.Item<T>> items = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            items.add(new MatrixTasks.Item<>(
                    tasks.get(i), costs.get(i).values(), costs.get(i).flops()));
        }
        return MatrixTasks.run(spark, label, items, work, new PassLog()).of();
    }

    /** A table of the result. */
    final RowTable.Columns table(String name) {
        return RowTable.read(conf, result, name);
    }

    /** Whether a table has a row for each of these matrices, in their order. */
    final boolean isOf(RowTable.Columns matrices, List<Weight> weights) {
        boolean same = matrices.texts("name").length == weights.size();
        for (int i = 0; same && i < weights.size(); i++) {
            Weight weight = weights.get(i);
            same = matrices.texts("name")[i].equals(weight.name())
                    && matrices.whole("layer")[i] == weight.layer()
                    && matrices.whole("rows")[i] == weight.out()
                    && matrices.whole("cols")[i] == weight.in();
        }
        checks.same("matrices", same, "those of the checkpoint that the spec chooses");
        return same;
    }

    /** The stored singular values of each matrix. */
    final List<double[]> spectra(List<Weight> weights) {
        return spectra(
                weights.stream().map(Weight::name).toList(), i -> weights.get(i).most());
    }

    /**
     * The stored singular values of each of these names, and of no others.
     *
     * @param most values that each has, by its number
     */
    final List<double[]> spectra(List<String> of, IntUnaryOperator most) {
        RowTable.Columns table = table("spectra");
        String[] names = table.texts("name");
        int[] components = table.whole("component");
        List<double[]> spectra = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < of.size(); i++) {
            int from = at;
            int count = most.applyAsInt(i);
            for (int j = 0; j < count; j++, at++) {
                if (at == names.length || !names[at].equals(of.get(i)) || components[at] != j) {
                    throw new NumericalException(result.path() + "/spectra does not hold the " + count
                            + " singular values of " + of.get(i) + " in their order; run the job again");
                }
            }
            spectra.add(Arrays.copyOfRange(table.numbers("value"), from, at));
        }
        if (at != names.length) {
            throw new NumericalException(result.path() + "/spectra holds values of " + names[at]
                    + " that are none of its; run the job again");
        }
        return spectra;
    }

    /** What an adapter is to hold of a module. */
    record Held(String path, AdapterModule.Kind kind, int out, int in, int rank) {}

    /** By PEFT's rule each module has its shape, its rank and the scale 1, and there are no others. */
    final boolean adapter(List<Held> wanted, Map<String, AdapterModule> modules) {
        String wrong = null;
        long parameters = 0;
        for (Held held : wanted) {
            AdapterModule module = modules.get(held.path);
            boolean same = module != null
                    && module.rank() == held.rank
                    && module.scale() == 1
                    && module.out() == held.out
                    && module.in() == held.in
                    && module.kind() == held.kind;
            wrong = wrong != null || same ? wrong : held.path;
            parameters += same ? module.count() : 0;
        }
        boolean same = wrong == null && wanted.size() == modules.size();
        checks.same(
                "adapter",
                same,
                "the modules, by the rule of PEFT with the ranks of the table"
                        + (wrong == null ? "" : ", of " + wrong));
        if (same) {
            checks.near("parameters", parameters, checks.claimed("parameters").value(), 0);
            checks.same("parameters", manifest.weights().kept() == parameters, "as many as the manifest says");
        }
        return same;
    }

    /** Whether tensors were copied number by number. */
    final boolean areExact(String label, List<SideFile.Copy> copies) {
        HadoopConf files = conf;
        List<WeightsPlan.Cost> costs = copies.stream()
                .map(copy -> new WeightsPlan.Cost(
                        copy.held().name(),
                        2 * copy.held().count(),
                        2 * MatrixTasks.READING * copy.held().count(),
                        16 * copy.held().count()))
                .toList();
        return !onAll(label, copies, costs, (copy, arena) -> copy.isExact(files, arena))
                .contains(false);
    }

    /** Ranks and whatever else of a table follows from stored singular values alone must follow from them to the bit. */
    final void derived(RowTable.Columns matrices, List<Weight> weights, List<double[]> spectra) {
        String wrong = null;
        for (int i = 0; i < weights.size() && wrong == null; i++) {
            Weight weight = weights.get(i);
            WeightSpectrum spectrum = WeightSpectrum.of(spectra.get(i), weight.out(), weight.in());
            boolean same = matrices.whole("numerical_rank")[i] == spectrum.numericalRank()
                    && matrices.numbers("stable_rank")[i] == spectrum.stableRank()
                    && matrices.numbers("entropy_rank")[i] == spectrum.entropyRank()
                    && matrices.whole("r90")[i] == spectrum.r90()
                    && matrices.whole("r99")[i] == spectrum.r99()
                    && matrices.numbers("break_even")[i] == weight.breakEven();
            wrong = same ? null : weight.name();
        }
        checks.same(
                "numerical_rank ... r99",
                wrong == null,
                "what the stored values say" + (wrong == null ? "" : ", of " + wrong));
    }

    /** Holds stored values to what was measured of the matrix. */
    static void spectrum(
            String name, SpectrumCheck found, double norm, Weight weight, Checks.Worst norms, Checks.Worst values) {
        double sides = weight.out() + (double) weight.in();
        norms.add(name, Math.abs(found.norm() - norm), 4 * sides * 0x1p-53 * found.norm());
        values.add(name, found.off(), found.accepted());
    }
}
