package lowrank.jobs;

import java.util.Locale;

/**
 * The section {@code features} of a spec, checked.
 *
 * @param size landmarks, or random features
 * @param landmarks how landmarks are chosen; null for random features
 * @param table path of given landmarks, or null
 * @param pool rows that landmarks are chosen from: 0 for automatic, {@link #ALL} for all
 * @param tolerance part of the trace at which rpcholesky stops, NaN for none
 */
record FeatureSpec(MapName map, int size, Sampler landmarks, String table, long pool, double tolerance, long seed) {
    /** All rows of the input are candidates. */
    static final long ALL = Long.MAX_VALUE;

    /** Feature maps, as in a spec. */
    enum MapName {
        NYSTROM,
        FOURIER,
        ORTHOGONAL,
        STRUCTURED,
        TENSOR_SKETCH,
        POSITIVE,
        ARC_COSINE;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Ways to choose landmarks, as in a spec. */
    enum Sampler {
        RPCHOLESKY,
        UNIFORM,
        K_MEANS,
        LEVERAGE,
        GIVEN
    }

    static FeatureSpec of(Spec spec) {
        MapName map = MapName.valueOf(constant(spec.oneOf(
                "features.map",
                "nystrom",
                "fourier",
                "orthogonal",
                "structured",
                "tensor-sketch",
                "positive",
                "arc-cosine")));
        int size = spec.whole("features.size", 1, null, 0);
        long seed = spec.whole("features.seed", Integer.MIN_VALUE, null, 0);
        if (map != MapName.NYSTROM) {
            for (String key :
                    new String[] {"features.landmarks", "features.table", "features.pool", "features.tolerance"}) {
                if (spec.differsFromDefault(key)) {
                    throw new SpecException(key + " applies to features.map = nystrom alone; remove it");
                }
            }
            return new FeatureSpec(map, size, null, null, 0, Double.NaN, seed);
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
        if (sampler == Sampler.GIVEN && spec.differsFromDefault("features.size")) {
            throw new SpecException(
                    "features.size does not apply to given landmarks, which are as many as there are; remove it");
        }
        double tolerance = spec.positive("features.tolerance");
        if (!Double.isNaN(tolerance) && (sampler != Sampler.RPCHOLESKY || tolerance >= 1)) {
            throw new SpecException("features.tolerance is a part of the trace, below 1, at which"
                    + " features.landmarks = rpcholesky stops; remove it, or change one of them");
        }
        return new FeatureSpec(map, size, sampler, table, pool(spec, sampler), tolerance, seed);
    }

    private static long pool(Spec spec, Sampler sampler) {
        if ((sampler == Sampler.UNIFORM || sampler == Sampler.GIVEN) && spec.differsFromDefault("features.pool")) {
            throw new SpecException("features.pool does not apply to features.landmarks = "
                    + sampler.name().toLowerCase(Locale.ROOT) + "; remove it");
        }
        return spec.text("features.pool").orElse("").equals("all") ? ALL : spec.whole("features.pool", 1, "auto", 0);
    }

    private static String constant(String word) {
        return word.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
