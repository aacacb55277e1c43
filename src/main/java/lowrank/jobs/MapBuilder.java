package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
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
import lowrank.kernel.SideBySide;
import lowrank.kernel.Uniform;
import lowrank.linalg.Matrix;
import lowrank.store.KernelModel;

/**
 * Makes the feature map that a spec asks for, of prepared rows.
 *
 * @param given landmarks of a table, or null
 */
record MapBuilder(FeatureSpec spec, Precision precision, Matrix given) {
    /**
     * A map, and how it came about.
     *
     * @param landmarks what was chosen, one for each draw; none for random features
     * @param seeds of the draws
     * @param notes for the manifest
     */
    record Built(FeatureMap map, List<Landmarks.Chosen> landmarks, List<Long> seeds, List<String> notes) {
        /** The maps of several draws beside each other. */
        static Built together(List<Built> draws) {
            if (draws.size() == 1) {
                return draws.get(0);
            }
            List<String> notes = new ArrayList<>();
            notes.add("the mean of " + draws.size() + " draws");
            draws.forEach(draw -> notes.addAll(draw.notes()));
            return new Built(
                    new SideBySide(draws.stream().map(Built::map).toList()),
                    draws.stream().flatMap(draw -> draw.landmarks().stream()).toList(),
                    draws.stream().flatMap(draw -> draw.seeds().stream()).toList(),
                    notes.stream().distinct().toList());
        }

        /** Positions of all landmarks in the input. */
        long[] rows() {
            return landmarks.stream()
                    .flatMapToLong(chosen -> Arrays.stream(chosen.rows()))
                    .toArray();
        }
    }

    /** The maps of all draws for one kernel. */
    List<Built> draws(RowBlocks rows, Kernel kernel) {
        List<Built> draws = new ArrayList<>();
        for (int i = 0; i < spec.repeats(); i++) {
            draws.add(new MapBuilder(spec.draw(i), precision, given).build(rows, kernel));
        }
        return draws;
    }

    /** The same with given landmarks prepared as the rows are. */
    MapBuilder on(KernelModel.Inputs inputs) {
        return given == null ? this : new MapBuilder(spec, precision, GivenLandmarks.prepared(given, inputs));
    }

    /** Features asked for. */
    int size() {
        return given == null ? spec.size() : given.rows();
    }

    /** The map for one kernel. */
    private Built build(RowBlocks rows, Kernel kernel) {
        if (spec.landmarks() == null) {
            FeatureMap map = RandomFeatures.of(spec.map(), kernel, rows.cols(), spec.size(), spec.seed());
            return new Built(
                    map, List.of(), List.of(spec.seed()), List.of(map.size() + " random features, " + spec.map()));
        }
        if (given != null) {
            requireTaken(kernel);
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
        return new Built(map, List.of(chosen), List.of(spec.seed()), notes);
    }

    /** Refuses given landmarks that the kernel does not take. */
    private void requireTaken(Kernel kernel) {
        boolean signed = kernel.form() != Kernel.Form.HARMONIC && kernel.form() != Kernel.Form.CHI_SQUARED;
        for (int i = 0; i < given.rows() && !signed; i++) {
            for (int j = 0; j < given.cols(); j++) {
                if (given.get(i, j) < 0) {
                    throw new DataException("features.table row " + i + " column " + j
                            + " (counted from 0) is negative, and the kernel " + kernel.name()
                            + " takes rows without negative values; give other landmarks, or choose another kernel");
                }
            }
        }
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
