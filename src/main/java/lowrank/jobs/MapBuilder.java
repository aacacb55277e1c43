package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Given;
import lowrank.kernel.KMeans;
import lowrank.kernel.Kernel;
import lowrank.kernel.Landmarks;
import lowrank.kernel.Leverage;
import lowrank.kernel.Nystrom;
import lowrank.kernel.RandomFeatures;
import lowrank.kernel.RpCholesky;
import lowrank.kernel.Uniform;
import lowrank.linalg.Matrix;

/**
 * Makes the feature map that a spec asks for, of prepared rows.
 *
 * @param given landmarks of a table, or null
 */
record MapBuilder(FeatureSpec spec, Precision precision, Matrix given) {
    /**
     * A map, and how it came about.
     *
     * @param landmarks what was chosen, or null
     * @param notes for the manifest
     */
    record Built(FeatureMap map, Landmarks.Chosen landmarks, List<String> notes) {}

    /** Features asked for. */
    int size() {
        return given == null ? spec.size() : given.rows();
    }

    /** The map for one kernel. */
    Built build(RowBlocks rows, Kernel kernel) {
        if (spec.landmarks() == null) {
            FeatureMap map = RandomFeatures.of(spec.map(), kernel, rows.cols(), spec.size(), spec.seed());
            return new Built(map, null, List.of(map.size() + " random features, " + spec.map()));
        }
        Landmarks sampler = sampler();
        Landmarks.Chosen chosen = sampler.choose(rows, kernel);
        Nystrom map = Nystrom.of(kernel, chosen.points(), precision);
        List<String> notes = new ArrayList<>();
        notes.add(chosen.count() + " landmarks, " + sampler.name());
        notes.addAll(chosen.notes());
        if (map.size() < chosen.count()) {
            notes.add(map.size() + " of " + chosen.count() + " directions of the landmarks' kernel matrix are above "
                    + "rounding; the others were dropped");
        }
        return new Built(map, chosen, notes);
    }

    private Landmarks sampler() {
        return switch (spec.landmarks()) {
            case GIVEN -> new Given(given);
            case UNIFORM -> new Uniform(spec.size(), spec.seed());
            case RPCHOLESKY ->
                new RpCholesky(spec.size(), spec.seed(), Double.isNaN(spec.tolerance()) ? 0 : spec.tolerance());
            case LEVERAGE -> new Leverage(spec.size(), spec.seed());
            case K_MEANS -> new KMeans(spec.size(), spec.seed(), FeatureSpec.LLOYD);
        };
    }
}
