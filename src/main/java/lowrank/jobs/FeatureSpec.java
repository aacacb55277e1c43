package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.kernel.Landmarks;
import lowrank.kernel.RandomFeatures;

/**
 * The section {@code features} of a spec, checked.
 *
 * @param map name of the feature map
 * @param size landmarks, or random features
 * @param landmarks how landmarks are chosen; null for random features
 * @param table path of given landmarks, or null
 * @param tolerance part of the trace at which rpcholesky stops, NaN for none
 * @param repeats independent draws
 * @param average whether they are averaged; else the best is kept
 */
record FeatureSpec(
        String map,
        int size,
        Sampler landmarks,
        String table,
        double tolerance,
        long seed,
        int repeats,
        boolean average) {
    /** Passes of k-means after its seeds. */
    static final int LLOYD = 5;

    private static final String NYSTROM = "nystrom";
    private static final int MOST_REPEATS = 100;

    /** Ways to choose landmarks, as in a spec. */
    enum Sampler {
        RPCHOLESKY,
        UNIFORM,
        K_MEANS,
        LEVERAGE,
        GIVEN
    }

    static FeatureSpec of(Spec spec) {
        List<String> names = new ArrayList<>(List.of(NYSTROM));
        names.addAll(RandomFeatures.names());
        String map = spec.oneOf("features.map", names.toArray(String[]::new));
        int size = spec.whole("features.size", 1, null, 0);
        long seed = spec.seed("features.seed");
        int repeats = spec.whole("features.repeats", 1, null, 0);
        if (repeats > MOST_REPEATS) {
            throw new SpecException("features.repeats must be at most " + MOST_REPEATS + ", not " + repeats);
        }
        boolean average = spec.oneOf("features.combine", "best", "average").equals("average");
        if (average && repeats == 1) {
            throw new SpecException(
                    "features.combine = average takes the mean of several draws; set features.repeats, or remove it");
        }
        if (!map.equals(NYSTROM)) {
            for (String key : new String[] {"features.landmarks", "features.table", "features.tolerance"}) {
                if (spec.differsFromDefault(key)) {
                    throw new SpecException(key + " applies to features.map = nystrom alone; remove it");
                }
            }
            return new FeatureSpec(map, size, null, null, Double.NaN, seed, repeats, average);
        }
        Sampler sampler = Sampler.valueOf(
                constant(spec.oneOf("features.landmarks", "rpcholesky", "uniform", "k-means", "leverage", "given")));
        String table = spec.text("features.table").orElse(null);
        if ((sampler == Sampler.GIVEN) != (table != null)) {
            throw new SpecException(
                    table == null
                            ? "features.landmarks = given needs features.table, the path of the landmarks"
                            : "features.table applies to features.landmarks = given alone; remove it, or set that");
        }
        if (sampler == Sampler.GIVEN && repeats > 1) {
            throw new SpecException(
                    "features.repeats draws landmarks anew, and given landmarks are not drawn; remove it");
        }
        if (sampler == Sampler.GIVEN && spec.differsFromDefault("features.size")) {
            throw new SpecException(
                    "features.size does not apply to given landmarks, which are as many as there are; remove it");
        }
        double tolerance = spec.positive("features.tolerance");
        if (!Double.isNaN(tolerance) && (sampler != Sampler.RPCHOLESKY || tolerance >= 1)) {
            throw new SpecException("features.tolerance is a part of the trace, below 1, at which"
                    + " features.landmarks = rpcholesky stops; remove it, or change one of them");
        }
        return new FeatureSpec(map, size, sampler, table, tolerance, seed, repeats, average);
    }

    private static String constant(String word) {
        return word.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Rows that landmarks are chosen from, of so many. */
    long pool(long rows, int cols, int landmarks) {
        return landmarks() == null || landmarks() == Sampler.GIVEN || landmarks() == Sampler.UNIFORM
                ? 0
                : Landmarks.candidates(landmarks() == Sampler.RPCHOLESKY, landmarks, rows, cols);
    }

    /** Whether features come from landmarks. */
    boolean isNystrom() {
        return map.equals(NYSTROM);
    }

    /** The same with the seed of a draw; the first draw has the seed that was given. */
    FeatureSpec draw(int index) {
        long drawn = seed + index * 0x9E3779B97F4A7C15L;
        return new FeatureSpec(map, size, landmarks, table, tolerance, drawn, 1, average);
    }
}
