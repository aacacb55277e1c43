package lowrank.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blocks.DataException;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedSpark.class)
class MatrixTasksTest {
    private static final double WORTH = MatrixTasks.TASK_FLOPS;

    @Test
    void theLargestComeFirstAndSmallOnesShareATask() {
        assertThat(MatrixTasks.groups(
                        List.of(0.3 * WORTH, 5 * WORTH, 0.5 * WORTH, 0.4 * WORTH, 2 * WORTH, 0.1 * WORTH)))
                .containsExactly(List.of(1), List.of(4), List.of(2, 3, 0), List.of(5));
        assertThat(MatrixTasks.groups(List.of())).isEmpty();
    }

    private static List<MatrixTasks.Item<Integer>> items(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new MatrixTasks.Item<>(i, 10, (i * 7 % 5 + 1) * WORTH / 3))
                .toList();
    }

    @Test
    void resultsComeInTheOrderOfTheItems(JavaSparkContext spark) {
        PassLog log = new PassLog();
        MatrixTasks.Results<String> results =
                MatrixTasks.run(spark, "a stage", items(23), (i, arena) -> "item " + i, log);
        assertThat(results.of())
                .isEqualTo(IntStream.range(0, 23).mapToObj(i -> "item " + i).toList());
        assertThat(results.kernels()).hasSize(1);
        assertThat(log.entries()).hasSize(1);
        assertThat(log.entries().get(0).rows()).isEqualTo(230);
        assertThat(log.entries().get(0).label()).isEqualTo("a stage");
    }

    @Test
    void memoryOfAnItemIsFreeBeforeTheNext(JavaSparkContext spark) {
        long before = Arena.liveBytes();
        MatrixTasks.run(spark, "memory", items(8), (i, arena) -> arena.doubles(1000), new PassLog());
        assertThat(Arena.liveBytes()).isEqualTo(before);
    }

    @Test
    void theFailureOfAnItemIsTheFailureOfTheJob(JavaSparkContext spark) {
        long before = Arena.liveBytes();
        assertThatThrownBy(() -> MatrixTasks.run(
                        spark,
                        "failing",
                        items(4),
                        (i, arena) -> {
                            arena.doubles(100);
                            if (i == 2) {
                                throw new DataException("item 2 is wrong");
                            }
                            return i;
                        },
                        new PassLog()))
                .hasStackTraceContaining("item 2 is wrong");
        assertThat(Arena.liveBytes()).isEqualTo(before);
    }

    @Test
    void nothingIsNothing(JavaSparkContext spark) {
        List<MatrixTasks.Item<Integer>> none = new ArrayList<>(Collections.emptyList());
        assertThat(MatrixTasks.run(spark, "none", none, (i, arena) -> i, new PassLog())
                        .of())
                .isEmpty();
    }
}
