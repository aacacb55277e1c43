package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lowrank.certify.Measure;
import lowrank.io.HadoopConf;
import lowrank.linalg.Matrix;
import lowrank.spark.SharedSpark;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Conjugate gradients as a job takes them: where normal equations would do, where they would not, and where nothing does. */
@ExtendWith(SharedSpark.class)
class SolversTest {
    @TempDir
    Path folder;

    private Path input;

    SolversTest(JavaSparkContext spark) {
        assertThat(spark).isNotNull();
    }

    @BeforeEach
    void makeInput() throws Exception {
        input = folder.resolve("rows.parquet");
        ReadingExamples.sql("copy (select [sin(i)::double, cos(i * 1.7), sin(i * 0.37 + 1)] as features,"
                + " sin(3 * sin(i)) + cos(i * 1.7) as y, case when i % 2 = 0 then 1 else 2 end as w"
                + " from range(20000) t(i)) to '" + input + "' (format parquet, row_group_size 5000)");
    }

    private Cli regress(String name, String... more) throws Exception {
        List<String> keys = new ArrayList<>(List.of(
                "job=regress",
                "read.path=" + input,
                "read.target=y",
                "kernel.bandwidth=1",
                "features.landmarks=uniform",
                "features.size=60",
                "write.path=" + folder.resolve(name),
                "write.also=[]"));
        keys.addAll(List.of(more));
        return Cli.job(folder, keys.toArray(String[]::new));
    }

    private Matrix coefficients(String name) throws Exception {
        HadoopConf conf = new HadoopConf(new Configuration());
        return ModelTables.readCoefficients(
                        conf, OutputFolder.read(conf, folder.resolve(name).toString()))
                .values();
    }

    private Manifest manifest(String name) throws Exception {
        return Cli.manifest(folder.resolve(name));
    }

    private static double measure(Manifest manifest, String name) {
        return manifest.findings().measures().stream()
                .filter(measure -> measure.name().equals(name))
                .mapToDouble(Measure::value)
                .findFirst()
                .orElse(Double.NaN);
    }

    @Test
    void askedForTheyAgreeWithNormalEquationsForAnyTasks() throws Exception {
        String iterate = "solve.algorithm=conjugate-gradients";
        assertThat(regress("direct", "solve.lambda=1e-5", "read.weight=w").code())
                .isZero();
        for (int tasks : new int[] {1, 7}) {
            assertThat(regress("cg" + tasks, "solve.lambda=1e-5", "read.weight=w", iterate, "read.partitions=" + tasks)
                            .code())
                    .isZero();
        }
        Matrix direct = coefficients("direct");
        double norm = direct.transpose().columnNorms()[0];
        assertThat(coefficients("cg1").minus(direct).transpose().columnNorms()[0])
                .isLessThan(1e-8 * norm);
        Manifest one = manifest("cg1");
        assertThat(manifest("cg7").factors().get("coefficients").digest())
                .isEqualTo(one.factors().get("coefficients").digest());
        assertThat(one.algorithm()).isEqualTo("nystrom + conjugate gradients");
        assertThat(one.reasons()).contains("conjugate gradients, as asked for");
        assertThat(measure(one, "iterations")).isBetween(1.0, 30.0);
        assertThat(measure(one, "residual of normal equations")).isLessThanOrEqualTo(1e-10);
        assertThat(measure(one, "GCV")).isNaN();
        assertThat(measure(one, "training RMSE"))
                .isCloseTo(
                        measure(manifest("direct"), "training RMSE"),
                        org.assertj.core.data.Percentage.withPercentage(1e-4));
        Cli predicted = Cli.job(
                folder,
                "job=predict",
                "model=" + folder.resolve("cg1"),
                "read.path=" + input,
                "read.target=y",
                "write.path=" + folder.resolve("predictions"));
        assertThat(predicted.code()).isZero();
    }

    @Test
    void oneLambdaBelowTheLimitSwitchesToThemAndAListDoesNot() throws Exception {
        assertThat(regress("tiny", "solve.lambda=1e-15").code()).isZero();
        Manifest tiny = manifest("tiny");
        assertThat(tiny.algorithm()).isEqualTo("nystrom + conjugate gradients");
        assertThat(tiny.reasons()).anyMatch(reason -> reason.contains("lose smaller ones to rounding"));
        assertThat(measure(tiny, "residual of normal equations")).isLessThanOrEqualTo(1e-10);
        Cli asked = regress("no", "solve.lambda=1e-15", "solve.algorithm=normal-equations");
        assertThat(asked.code()).isEqualTo(64);
        assertThat(asked.message()).contains("solve.lambda must be at least");
        assertThat(regress("no", "solve.lambda=[1e-15,1e-3]").code()).isEqualTo(64);
    }

    @Test
    void whatTheyCannotDoIsRefused() throws Exception {
        String iterate = "solve.algorithm=conjugate-gradients";
        assertRefused(64, "one lambda at a time", iterate);
        assertRefused(64, "one lambda at a time", iterate, "solve.lambda=[1e-3,1e-4]");
        assertRefused(64, "solve.select chooses", iterate, "solve.lambda=1e-3", "solve.select=loo");
        assertRefused(64, "no score to choose", iterate, "solve.lambda=1e-3", "kernel.bandwidth=[1,2]");
        assertRefused(
                64,
                "solve.tolerance applies to conjugate gradients",
                "solve.algorithm=normal-equations",
                "solve.tolerance=1e-5");
        assertRefused(
                64,
                "features.size = 20000 is beyond 16384",
                "features.map=fourier",
                "features.size=20000",
                "features.landmarks=rpcholesky");
        assertRefused(
                70,
                "conjugate gradients stopped after 1 iterations",
                iterate,
                "solve.lambda=1e-9",
                "solve.iterations=1",
                "solve.tolerance=1e-16");
        assertThat(Files.exists(folder.resolve("no"))).isFalse();
    }

    private void assertRefused(int code, String message, String... keys) throws Exception {
        Cli cli = regress("no", keys);
        assertThat(cli.message()).contains(message);
        assertThat(cli.code()).isEqualTo(code);
    }
}
