package lowrank.jobs;

import java.util.List;
import lowrank.blas.Precision;
import lowrank.store.OutputFolder;

/**
 * The section {@code write} of a spec, checked.
 *
 * @param path of the result
 * @param mode what is done with a result that is there
 * @param stored type of large factors
 * @param also what is written beside the factors
 */
record WriteSpec(String path, OutputFolder.Mode mode, Precision stored, String codec, List<String> also) {

    /** The word of all jobs for a page about the result. */
    static final String REPORT = "report";

    /** The word of {@link #variance}, and of predict for variances themselves. */
    static final String VARIANCE = "variance";

    /** The word of predict for what landmarks miss of a row. */
    static final String NOVELTY = "novelty";

    /** Whether a regress job keeps what variances of predictions are made with. */
    boolean variance() {
        return also.contains(VARIANCE);
    }

    /**
     * Reads and checks the keys that all jobs have.
     *
     * @param also the words that {@code write.also} may hold for this job
     */
    static WriteSpec of(Spec spec, String... also) {
        return new WriteSpec(
                spec.required("write.path"),
                OutputFolder.Mode.of(spec.oneOf("write.mode", "fail", "skip", "replace")),
                spec.precision("write.precision"),
                spec.oneOf("write.codec", "none", "snappy", "zstd"),
                spec.words("write.also", also));
    }
}
