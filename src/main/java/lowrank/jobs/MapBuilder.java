package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Given;
import lowrank.kernel.Kernel;
import lowrank.kernel.Landmarks;
import lowrank.kernel.Nystrom;
import lowrank.kernel.Uniform;
import lowrank.linalg.Matrix;

/**
 * Makes the feature map that a spec asks for, of prepared rows.
 *
 * @param given landmarks of a table, or null
 */
record MapBuilder(FeatureSpec spec, Precision precision, Matrix given) {
    /** Passes of Lloyd's algorithm. */
    static final int LLOYD = 5;

    /** Landmarks times rows beyond which landmarks are chosen from a sample. */
    private static final double ALL_ROWS = 2e9;

    private static final int POOL_PER_LANDMARK = 20;

    /**
     * A map, and how it came about.
     *
     * @param landmarks what was chosen, or null
     * @param notes for the manifest
     */
    record Built(FeatureMap map, Landmarks.Chosen landmarks, List<String> notes) {}

    /** Rows that landmarks are chosen from. */
    static long pool(FeatureSpec spec, long rows, int landmarks) {
        if (spec.landmarks() == null
                || spec.landmarks() == FeatureSpec.Sampler.GIVEN
                || spec.landmarks() == FeatureSpec.Sampler.UNIFORM) {
            return 0;
        }
        if (spec.pool() > 0) {
            return Math.min(spec.pool(), rows);
        }
        boolean all = spec.landmarks() == FeatureSpec.Sampler.RPCHOLESKY && (double) rows * landmarks <= ALL_ROWS;
        return all ? rows : Math.min(rows, (long) POOL_PER_LANDMARK * landmarks);
    }

    /** The map for one kernel. */
    Built build(RowBlocks rows, Kernel kernel) {
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
            default -> new Uniform(spec.size(), spec.seed());
        };
    }
}
