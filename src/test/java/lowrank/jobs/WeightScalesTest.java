package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Map;
import lowrank.io.checkpoint.ElementType;
import lowrank.weights.MadeModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights whose squares overflow or vanish: right answers, or a refusal that names what to do. */
class WeightScalesTest extends WeightsJobCase {

    private Path scaled(String name, Map<String, double[][]> matrices, double scale) {
        matrices.replaceAll((matrix, rows) -> {
            double[][] times = new double[rows.length][rows[0].length];
            for (int i = 0; i < rows.length; i++) {
                for (int j = 0; j < rows[0].length; j++) {
                    times[i][j] = scale * rows[i][j];
                }
            }
            return times;
        });
        return model(name, ElementType.F64, matrices);
    }

    /** Roots of singular values are beyond the largest float, in one task and in passes of all. */
    @ParameterizedTest
    @ValueSource(strings = {"250000000", "20"})
    void factorsThatFloatsDoNotHoldAreRefused(String entries) throws Exception {
        Path model = scaled("model", matrices(1), 1e200);
        String[] keys = {
            "job=compress",
            "read.path=" + model,
            "read.exclude=[\"conv*\"]",
            "factor.rank=3",
            "factor.task-entries=" + entries
        };
        Cli refused = run("out", with(keys, "write.precision=float"));
        assertThat(refused.code()).as(refused.err()).isEqualTo(70);
        assertThat(refused.message()).contains("the factors of ", "write.precision = double");
        assertThat(run("out", keys).code()).isZero();
    }

    private static String[] with(String[] keys, String more) {
        String[] all = java.util.Arrays.copyOf(keys, keys.length + 1);
        all[keys.length] = more;
        return all;
    }

    @Test
    void differencesHaveTheSameRatiosAtEveryScale() throws Exception {
        double[][] measures = new double[3][];
        double[] scales = {1, 1e200, 1e-200};
        for (int i = 0; i < scales.length; i++) {
            Path base = scaled("base" + i, matrices(1), scales[i]);
            Path tuned = scaled("tuned" + i, tuned(1), scales[i]);
            Path out = extracted(base, tuned, "out" + i, "factor.rank=1", "read.exclude=[\"conv*\"]");
            measures[i] = Cli.manifest(out).findings().measures().stream()
                    .mapToDouble(measure -> measure.value())
                    .toArray();
            Cli verified = Cli.run("verify", out.toString());
            assertThat(verified.code()).as(verified.out()).isZero();
        }
        assertThat(measures[0][0]).isBetween(1e-4, 1.0);
        assertThat(measures[1]).containsExactly(measures[0], within(1e-9));
        assertThat(measures[2]).containsExactly(measures[0], within(1e-9));
    }

    /** What is the same in both has not changed, numbers or not, and spoils no figure of the others. */
    @Test
    void whatIsNoNumberInBothHasNotChanged() throws Exception {
        double[] mask = {0, Double.NEGATIVE_INFINITY, Double.NaN, 1};
        Path base = model("base", mask, matrices(1));
        Path tuned = model("tuned", mask, tuned(1));
        Path out = extracted(base, tuned, "out", "factor.rank=1");
        assertThat(Cli.measure(out, "change elsewhere")).isBetween(0.01, 0.999);
        Cli verified = Cli.run("verify", out.toString());
        assertThat(verified.code()).as(verified.out()).isZero();
    }

    private Path model(String name, double[] mask, Map<String, double[][]> matrices) {
        MadeModel model = new MadeModel().add("mask", ElementType.F32, mask, mask.length);
        matrices.forEach((matrix, rows) -> model.add(matrix, ElementType.F32, rows));
        return model.write(folder.resolve(name + ".safetensors"));
    }
}
