package lowrank.jobs;

import java.util.List;
import lowrank.blas.Backend;
import lowrank.blas.Precision;

/**
 * What a predict job is asked for, checked.
 *
 * @param model path of the result by which new rows are told
 */
record PredictSpec(String model, ReadSpec read, Precision precision, Backend blas, WriteSpec write) {

    /** Refuses what only results that tell values have. */
    void withoutValues(String job) {
        for (String word : List.of(WriteSpec.VARIANCE, WriteSpec.NOVELTY)) {
            if (write.also().contains(word)) {
                throw new SpecException(
                        "write.also = " + word + " does not apply to " + job + ", which learns nothing; remove it");
            }
        }
    }

    /** Reads and checks all keys. */
    static PredictSpec of(Spec spec) {
        spec.requireIdle(
                "factor", "certify", "kernel", "features", "solve", "write.u", "write.features", "write.coordinates");
        return new PredictSpec(
                spec.required("model"),
                ReadSpec.of(spec),
                spec.precision("blocks.precision"),
                Backend.of(spec.oneOf("blocks.blas", "auto", "openblas", "java")),
                WriteSpec.of(spec, WriteSpec.REPORT, WriteSpec.VARIANCE, WriteSpec.NOVELTY));
    }
}
