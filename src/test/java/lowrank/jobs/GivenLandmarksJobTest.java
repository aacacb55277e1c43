package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs on landmarks that a table gives: what becomes of them, and when a result is no longer of this table. */
class GivenLandmarksJobTest extends KernelJobCase {
    private Path input;
    private Path landmarks;

    @BeforeEach
    void makeInput() throws Exception {
        input = table("rows.parquet", 0, 200);
        landmarks = table("landmarks.parquet", 0, 12);
    }

    private String[] keys(String job, Path table, String... more) {
        List<String> keys = new ArrayList<>(
                List.of("job=" + job, "kernel.bandwidth=1", "features.landmarks=given", "features.table=" + table));
        if (job.equals("regress")) {
            keys.addAll(List.of("read.target=y", "solve.lambda=1e-3"));
        }
        keys.addAll(List.of(more));
        return keys.toArray(String[]::new);
    }

    @Test
    void skipSeesThatTheTableChanged() throws Exception {
        for (String job : List.of("regress", "nystrom")) {
            Path model = done(input, job, keys(job, landmarks));
            String[] predict = {"job=predict", "model=" + model, "write.mode=skip"};
            assertThat(run(input, job, keys(job, landmarks, "write.mode=skip")).lastLine())
                    .contains("status=skipped code=0");
            // What predict tells of the model, and of one that is made again.
            done(input, job + "-told", predict);
            assertThat(run(input, job + "-told", predict).lastLine()).contains("status=skipped code=0");
            table("landmarks.parquet", 20, 40);
            Cli other = run(input, job, keys(job, landmarks, "write.mode=skip"));
            assertThat(other.code()).as(other.err()).isEqualTo(73);
            assertThat(other.message()).contains("features.table", "landmarks.parquet");
            done(input, job, keys(job, landmarks, "write.mode=replace"));
            assertThat(run(input, job + "-told", predict).code()).isEqualTo(73);
            // What verify needs stands in the result: the table may change, or go.
            Files.delete(landmarks);
            assertThat(Cli.run("verify", model.toString()).code()).isZero();
            table("landmarks.parquet", 0, 12);
        }
    }
}
