package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.certify.Measure;
import lowrank.regress.Scores;
import org.junit.jupiter.api.Test;

class TargetMeasuresTest {
    /** Target k leaves k of its squares, 1000 in all, over 10 rows. */
    private static List<Measure> measures(int targets) {
        double[] squares = new double[targets];
        Arrays.fill(squares, 1000);
        double[] rss = IntStream.range(0, targets).mapToDouble(k -> k).toArray();
        List<String> names = IntStream.range(0, targets).mapToObj(k -> "y" + k).toList();
        return TargetMeasures.of(new Scores.Numbers(10, rss, new double[targets], squares), names);
    }

    private static List<String> names(List<Measure> measures) {
        return measures.stream().map(Measure::name).toList();
    }

    @Test
    void oneTargetHasNoNameOfItsOwn() {
        assertThat(names(measures(1))).containsExactly("RMSE", "R2");
    }

    @Test
    void fewTargetsFollowTheWhole() {
        List<Measure> measures = measures(3);
        assertThat(names(measures))
                .containsExactly(
                        "RMSE", "R2", "RMSE of y0", "R2 of y0", "RMSE of y1", "R2 of y1", "RMSE of y2", "R2 of y2");
        assertThat(measures.get(0).value()).isCloseTo(Math.sqrt(0.1), within(1e-15));
        assertThat(measures.get(1).value()).isCloseTo(0.999, within(1e-15));
    }

    @Test
    void ofManyTheBestAndTheWorst() {
        List<Measure> measures = measures(147);
        assertThat(names(measures))
                .containsExactly(
                        "RMSE",
                        "R2",
                        "RMSE of the best target",
                        "R2 of the best target",
                        "RMSE of the worst target",
                        "R2 of the worst target");
        assertThat(measures.get(5).value()).isCloseTo(0.854, within(1e-15));
        assertThat(measures.get(5).meaning()).contains("y146");
    }
}
