package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.weights.Truncation;

/**
 * What a compress job is asked for, checked.
 *
 * @param path of the checkpoint
 * @param factors whether factors are written
 * @param calibration folder with rows that go into each matrix, or null
 * @param heldOut folder with others to measure on, or null
 * @param vector the column of these rows
 */
record CompressSpec(
        WeightsSpec common,
        String path,
        Truncation rule,
        boolean factors,
        String calibration,
        String heldOut,
        String vector) {

    static CompressSpec of(Spec spec) {
        List<String> own = new ArrayList<>(
                List.of("read.path", "read.calibration", "read.held-out", "read.vector", "write.factors"));
        own.addAll(WeightsSpec.RANKS);
        WeightsSpec common = WeightsSpec.of(spec, own, WriteSpec.REPORT, "safetensors");
        boolean factors = spec.flag("write.factors");
        if (!factors) {
            spec.requireIdle(WeightsSpec.RANKS.toArray(String[]::new));
            spec.requireIdle("read.calibration");
        }
        String calibration = spec.text("read.calibration").orElse(null);
        if (calibration == null) {
            spec.requireIdle("read.held-out", "read.vector");
        }
        return new CompressSpec(
                common,
                spec.required("read.path"),
                WeightsSpec.truncation(spec),
                factors,
                calibration,
                spec.text("read.held-out").orElse(null),
                spec.required("read.vector"));
    }
}
