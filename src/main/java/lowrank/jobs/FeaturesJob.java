package lowrank.jobs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.certify.Findings;
import lowrank.certify.KernelMeasures;
import lowrank.certify.Measure;
import lowrank.kernel.Features;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = features}: rows as features whose inner products are about a kernel's values, by landmarks or at random. */
final class FeaturesJob extends KernelJob {
    FeaturesJob(Spec text, JavaSparkContext spark) {
        super(text, spark);
    }

    @Override
    Manifest produce(OutputFolder out, String listing, Prepared prepared, MapBuilder maps) {
        double bandwidth = bandwidths(prepared.rows())[0];
        List<Measure> measures = new ArrayList<>();
        MapBuilder.Built built =
                chosen(prepared, maps.draws(prepared.rows(), spec.kernel().kernel(bandwidth)), measures);
        RowBlocks features = prepared.rows().map(new Features(built.map()));
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        if (spec.table()) {
            writeFeatures(out, features, Pass.nothing(), factors);
        }
        KernelModel model = new KernelModel(prepared.inputs(), built.map(), null);
        factors.putAll(model.write(out, built.rows(), spec.write().codec()));
        Optional<Measure> error = kernelError(prepared, built.map());
        error.ifPresent(measure -> measures.add(0, measure));
        List<String> notes = error.isPresent()
                ? List.of()
                : List.of("the kernel error is over pairs of rows, and needs at least 2 rows");
        Manifest manifest = manifests(prepared, listing)
                .of(
                        spec.features().map(),
                        reasons(built, bandwidth, 0),
                        new Findings(measures, List.of(), notes),
                        described(prepared, model, built),
                        factors);
        return reported(out, manifest, error.map(Section::interval).stream().toList());
    }

    /** The draw that is nearest to the kernel, or all of them. */
    private MapBuilder.Built chosen(Prepared prepared, List<MapBuilder.Built> draws, List<Measure> measures) {
        if (draws.size() == 1 || prepared.rows().rows() < 2) {
            return spec.features().average() ? MapBuilder.Built.together(draws) : draws.get(0);
        }
        double[] errors = draws.stream()
                .mapToDouble(
                        draw -> kernelError(prepared, draw.map()).orElseThrow().value())
                .toArray();
        measures.add(KernelMeasures.overDraws("kernel error over draws", errors));
        return spec.features().average() ? MapBuilder.Built.together(draws) : draws.get(least(errors));
    }
}
