package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.weights.Truncation;

/**
 * What a compress job is asked for, checked.
 *
 * @param path of the checkpoint
 * @param factors whether factors are written
 */
record CompressSpec(WeightsSpec common, String path, Truncation rule, boolean factors) {

    static CompressSpec of(Spec spec) {
        List<String> own = new ArrayList<>(List.of("read.path", "write.factors"));
        own.addAll(WeightsSpec.RANKS);
        WeightsSpec common = WeightsSpec.of(spec, own, WriteSpec.REPORT, "safetensors");
        boolean factors = spec.flag("write.factors");
        if (!factors) {
            spec.requireIdle(WeightsSpec.RANKS.toArray(String[]::new));
        }
        return new CompressSpec(common, spec.required("read.path"), WeightsSpec.truncation(spec), factors);
    }
}
