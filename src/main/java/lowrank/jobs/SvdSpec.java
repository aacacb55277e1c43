package lowrank.jobs;

import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.certify.Demands;
import lowrank.factor.RankRule;
import lowrank.factor.Sketch;

/**
 * What an svd or pca job is asked for, checked.
 *
 * @param algorithm name of the algorithm, or {@code auto}
 * @param sketch how hard block-krylov looks
 */
record SvdSpec(
        String job,
        ReadSpec read,
        Precision precision,
        Backend blas,
        String algorithm,
        Sketch sketch,
        RankRule rank,
        boolean center,
        boolean scale,
        Demands demands,
        boolean leftVectors,
        WriteSpec write) {

    /** Reads and checks all keys. */
    static SvdSpec of(Spec spec) {
        String job = spec.job();
        spec.requireIdle("model", "kernel", "features", "solve", "write.features", "write.coordinates");
        String center = spec.oneOf("factor.center", "auto", "true", "false");
        boolean centered = center.equals("auto") ? job.equals("pca") : center.equals("true");
        boolean scale = spec.flag("factor.scale");
        if (scale && !centered) {
            throw new SpecException(
                    "factor.scale = true divides by standard deviations and needs factor.center = true");
        }
        ReadSpec read = ReadSpec.of(spec).withoutBeside("job = " + job);
        if (scale && read.standard() && read.clip() == Double.POSITIVE_INFINITY) {
            throw new SpecException("factor.scale = true would divide by the standard deviations once more, which"
                    + " read.scale = standard has made 1; remove one of them");
        }
        return new SvdSpec(
                job,
                read,
                spec.precision("blocks.precision"),
                Backend.of(spec.oneOf("blocks.blas", "auto", "openblas", "java")),
                spec.oneOf("factor.algorithm", "auto", "tsqr", "block-krylov", "gram", "lapack"),
                sketch(spec),
                rank(spec),
                centered,
                scale,
                new Demands(
                        spec.positive("certify.require.frobenius"),
                        spec.positive("certify.require.spectral"),
                        spec.positive("certify.require.orthogonality")),
                spec.flag("write.u"),
                WriteSpec.of(spec, "report", "npy", "arrow", "csv", "safetensors"));
    }

    /** The type in which the input is held before it is scaled or centred: a mean far above the deviation would not survive float. */
    Precision held() {
        return shifted() ? Precision.DOUBLE : read.held(precision);
    }

    /** Whether a row is subtracted before values are rounded; z-scores have no mean that would matter. */
    boolean shifted() {
        return center && precision == Precision.FLOAT && !read.standard();
    }

    private static Sketch sketch(Spec spec) {
        return new Sketch(
                spec.whole("factor.oversampling", 0, null, 0),
                spec.whole("factor.power-iterations", 0, "auto", Sketch.POWER_ITERATIONS),
                spec.flag("factor.full-accuracy"),
                spec.whole("certify.probes", 1, null, 0),
                spec.positive("certify.failure-probability"),
                spec.seed("factor.seed"));
    }

    private static RankRule rank(Spec spec) {
        double frobenius = spec.positive("factor.tolerance.frobenius");
        double spectral = spec.positive("factor.tolerance.spectral");
        if (!Double.isNaN(frobenius) || !Double.isNaN(spectral)) {
            if (spec.differsFromDefault("factor.rank")) {
                throw new SpecException("factor.rank and factor.tolerance exclude each other; remove one");
            }
            return new RankRule.Tolerance(frobenius, spectral);
        }
        int rank = spec.rank(Spec.AUTO_RANK, 0);
        return rank == 0 ? new RankRule.Full() : new RankRule.Fixed(rank);
    }
}
