package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.store.OutputFolder;

/**
 * What a predict job is asked for, checked.
 *
 * @param model path of the result it projects on
 */
record PredictSpec(
        String model,
        ReadSpec read,
        Precision precision,
        Backend blas,
        String output,
        OutputFolder.Mode mode,
        Precision stored,
        String codec) {

    /** Reads and checks all keys. */
    static PredictSpec of(Spec spec) {
        List<String> idle = new ArrayList<>(spec.changed("factor"));
        idle.addAll(spec.changed("certify"));
        for (String key : List.of("write.u", "write.also")) {
            if (spec.differsFromDefault(key)) {
                idle.add(key);
            }
        }
        if (!idle.isEmpty()) {
            throw new SpecException(idle.get(0) + " does not apply to job = predict, which computes nothing but"
                    + " coordinates; remove it");
        }
        return new PredictSpec(
                spec.required("model"),
                ReadSpec.of(spec).withoutBeside("job = predict on an svd or pca"),
                SvdSpec.precision(spec, "blocks.precision"),
                Backend.of(spec.oneOf("blocks.blas", "auto", "openblas", "java")),
                spec.required("write.path"),
                OutputFolder.Mode.of(spec.oneOf("write.mode", "fail", "skip", "replace")),
                SvdSpec.precision(spec, "write.precision"),
                spec.oneOf("write.codec", "none", "snappy", "zstd"));
    }
}
