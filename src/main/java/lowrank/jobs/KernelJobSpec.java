package lowrank.jobs;

import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.kernel.RandomFeatures;
import lowrank.regress.RidgeSettings;

/**
 * What a nystrom, features or regress job is asked for, checked.
 *
 * @param solve null where nothing is learnt
 */
record KernelJobSpec(
        String job,
        ReadSpec read,
        Precision precision,
        Backend blas,
        KernelSpec kernel,
        FeatureSpec features,
        RidgeSettings solve,
        boolean table,
        int coordinates,
        WriteSpec write) {

    /** Reads and checks all keys. */
    static KernelJobSpec of(Spec spec) {
        String job = spec.job();
        boolean regress = job.equals("regress");
        spec.requireIdle("model", "factor", "certify", "write.u");
        if (!regress) {
            spec.requireIdle("solve");
        }
        FeatureSpec features = FeatureSpec.of(spec);
        if (job.equals("nystrom") && !features.isNystrom()) {
            throw new SpecException("features.map = " + features.map()
                    + " has no landmarks, which are the result of job = nystrom; set job = features");
        }
        int coordinates = spec.whole("write.coordinates", 0, null, 0);
        if (!job.equals("nystrom") && coordinates > 0) {
            throw new SpecException("write.coordinates applies to job = nystrom alone; remove it");
        }
        String table = spec.oneOf("write.features", "auto", "true", "false");
        if (regress && !table.equals("auto")) {
            throw new SpecException("write.features does not apply to job = regress; run job = features for a table");
        }
        ReadSpec read = ReadSpec.of(spec);
        if (regress) {
            spec.requireIdle("write.precision");
            // Of CSV an id is no value of the row.
            boolean besides =
                    read.format() == ReadSpec.Format.CSV && read.columns().isEmpty();
            if (!read.checkIds() && !besides) {
                spec.requireIdle("read.id");
            }
        }
        KernelSpec kernel = KernelSpec.of(spec);
        if (!features.isNystrom()) {
            // The size is checked with the width of the rows.
            RandomFeatures.require(features.map(), kernel.kernel(1));
        }
        if (!regress && kernel.bandwidths().size() > 1) {
            throw new SpecException("kernel.bandwidth is a list, and job = " + job
                    + " learns nothing that could choose from it; give one");
        }
        return new KernelJobSpec(
                job,
                regress ? read.learning() : read.withoutBeside("job = " + job),
                spec.precision("blocks.precision"),
                Backend.of(spec.oneOf("blocks.blas", "auto", "openblas", "java")),
                kernel,
                features,
                regress ? SolveSpec.of(spec, features.seed()) : null,
                table.equals("auto") ? job.equals("features") : table.equals("true"),
                coordinates,
                write(spec, regress, read, features));
    }

    private static WriteSpec write(Spec spec, boolean regress, ReadSpec read, FeatureSpec features) {
        WriteSpec write = regress ? WriteSpec.of(spec, "report", WriteSpec.VARIANCE) : WriteSpec.of(spec, "report");
        if (write.variance()) {
            if (read.learning().kind() == ReadSpec.Kind.CLASSIFICATION) {
                throw new SpecException("write.also = variance is of numbers, and classes are none; remove it");
            }
            if (features.repeats() > 1 && features.average()) {
                throw new SpecException(
                        "write.also = variance is of one draw of features, and features.combine = average"
                                + " takes the mean of several; remove one of them");
            }
        }
        return write;
    }

    /** Refuses rows that the length scales are not for, or that no random features of this size are of. */
    void requireWidth(int cols) {
        int lengths = kernel.lengthScales().length;
        if (lengths > 0 && lengths != cols) {
            throw new SpecException("kernel.length-scales has " + lengths + " numbers, the rows have " + cols
                    + " columns; give one per column");
        }
        if (!features.isNystrom()) {
            RandomFeatures.of(features.map(), kernel.kernel(1), cols, features.size(), 0);
        }
    }

    /** The type in which the input is held before it is scaled. */
    Precision held() {
        return read.held(precision);
    }
}
