package lowrank.jobs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.blocks.FinitePass;
import lowrank.blocks.RowBlocks;
import lowrank.certify.Findings;
import lowrank.certify.KernelMeasures;
import lowrank.certify.Measure;
import lowrank.factor.Projection;
import lowrank.factor.RankRule;
import lowrank.factor.Svd;
import lowrank.factor.Tsqr;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Features;
import lowrank.kernel.SelfColumn;
import lowrank.kernel.TracePass;
import lowrank.store.FactorTables;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = nystrom}: landmarks and whitening of K ~ K_nm K_mm^+ K_mn, with its trace residual; on request features and coordinates. */
final class NystromJob extends KernelJob {
    NystromJob(Spec text, JavaSparkContext spark) {
        super(text, spark);
    }

    @Override
    Manifest produce(OutputFolder out, String listing, Prepared prepared, MapBuilder maps) {
        double bandwidth = bandwidths(prepared.rows())[0];
        List<MapBuilder.Built> draws = maps.draws(prepared.rows(), spec.kernel().kernel(bandwidth));
        List<Measure> measures = new ArrayList<>();
        MapBuilder.Built built = chosen(prepared, draws, measures);
        FeatureMap map = built.map();
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        RowBlocks features = features(prepared, map);
        TracePass tracing = tracing(map);
        TracePass.Trace traces = spec.table() ? writeFeatures(out, features, tracing, factors) : features.pass(tracing);
        TracePass.Trace trace = traces.finite();
        KernelModel model = new KernelModel(prepared.inputs(), map, null);
        factors.putAll(model.write(out, built.rows(), spec.write().codec()));
        measures.add(KernelMeasures.traceResidual(trace, map, spec.precision()));
        measures.add(KernelMeasures.keptRank(map));
        measures.add(KernelMeasures.condition(map));
        List<Section> sections = new ArrayList<>();
        if (built.landmarks().size() == 1) {
            sections.add(Section.traceLeft(built.landmarks().get(0).left()));
        }
        if (spec.coordinates() > 0) {
            sections.add(Section.components(coordinates(out, prepared, map, factors, measures)));
        }
        Manifest manifest = manifests(prepared, listing)
                .of(
                        "nystrom",
                        reasons(built, bandwidth, 0),
                        new Findings(measures, List.of(), List.of()),
                        described(prepared, model, built),
                        factors);
        return reported(out, manifest, sections);
    }

    private static RowBlocks features(Prepared prepared, FeatureMap map) {
        RowBlocks rows = TracePass.constant(map.kernel())
                ? prepared.rows()
                : prepared.rows().map(new SelfColumn(map.kernel()));
        return rows.map(new Features(map));
    }

    private static TracePass tracing(FeatureMap map) {
        return new TracePass(map.kernel(), TracePass.constant(map.kernel()) ? -1 : 1);
    }

    /** The draw that leaves least of the trace, or all of them. */
    private MapBuilder.Built chosen(Prepared prepared, List<MapBuilder.Built> draws, List<Measure> measures) {
        if (draws.size() == 1) {
            return draws.get(0);
        }
        double[] left = draws.stream()
                .mapToDouble(draw ->
                        features(prepared, draw.map()).pass(tracing(draw.map())).relative())
                .toArray();
        measures.add(KernelMeasures.overDraws("trace residual over draws", left));
        return spec.features().average() ? MapBuilder.Built.together(draws) : draws.get(least(left));
    }

    /** Kernel principal components: eigenpairs of the centred approximation, from the SVD of the centred features. */
    static Svd components(RowBlocks features, int count) {
        return new Tsqr(new RankRule.Fixed(Math.min(count, features.cols())), true, false, true).factor(features);
    }

    /** Writes the components, and the coordinates of each row. */
    private Svd coordinates(
            OutputFolder out,
            Prepared prepared,
            FeatureMap map,
            Map<String, Manifest.Factor> factors,
            List<Measure> measures) {
        RowBlocks features = prepared.rows().map(new Features(map));
        Svd svd = components(features, spec.coordinates());
        factors.put(
                "s",
                FactorTables.writeS(
                        out,
                        svd,
                        prepared.examples().rows().rows(),
                        spec.write().codec()));
        factors.put(
                "V",
                FactorTables.writeV(
                        out, svd, null, names(map.size()), spec.write().codec()));
        RowBlocks.Output<Boolean> written = features.map(new Projection(svd.v(), svd.mean(), svd.scale()))
                .write(
                        out.sink(
                                "coordinates",
                                spec.write().stored(),
                                spec.write().codec()),
                        new FinitePass("coordinates", 0));
        requireFinite(written.sum());
        factors.put(
                "coordinates",
                out.collect(
                        "coordinates", written.parts(), svd.rank(), spec.write().stored()));
        measures.add(KernelMeasures.coordinates(svd));
        return svd;
    }

    /** Names of features, as V has them. */
    static List<String> names(int features) {
        List<String> names = new ArrayList<>();
        for (int j = 0; j < features; j++) {
            names.add("values[" + j + "]");
        }
        return names;
    }
}
