package lowrank.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.DataException;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.MemorySink;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.blocks.Schema;
import lowrank.factor.BlockKrylov;
import lowrank.factor.Gram;
import lowrank.factor.KnownMatrix;
import lowrank.factor.RankRule;
import lowrank.factor.Sketch;
import lowrank.factor.Svd;
import lowrank.factor.SvdAlgorithm;
import lowrank.factor.Tsqr;
import lowrank.linalg.Matrix;
import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(SharedSpark.class)
class NodeMergeTest {
    private static final int LEAF = 4;
    private static final int BLOCK = 2;
    private static final long NODE = 100;

    /** No limit: all is collected. */
    private static final long FREE = Long.MAX_VALUE;

    private final JavaSparkContext spark;

    @TempDir
    private Path folder;

    NodeMergeTest(JavaSparkContext spark) {
        this.spark = spark;
    }

    /** What may go wrong in a task. */
    private interface Fault extends Serializable {
        void at(Block block);
    }

    /** Writes down what is summed with what: a sum that shows its order. */
    private record Notation(Fault fault) implements Pass<String> {
        @Override
        public String label() {
            return "notation";
        }

        @Override
        public long nodeBytes(Schema schema) {
            return NODE;
        }

        @Override
        public Fold<String> open(Arena arena, Schema schema, Layout layout) {
            return new Fold<>() {
                private String leaf = "";

                @Override
                public void add(Block block) {
                    fault.at(block);
                    leaf += (leaf.isEmpty() ? "" : "+") + block.firstRow() + "x" + block.rows();
                }

                @Override
                public String takeLeaf() {
                    String taken = leaf;
                    leaf = "";
                    return taken;
                }

                @Override
                public String merge(String left, String right) {
                    fault.at(null);
                    return "(" + left + " " + right + ")";
                }
            };
        }
    }

    private static final Notation PLAIN = new Notation(block -> {});

    /** Parts that are named after their first leaf. */
    private record Named() implements RowSink {
        @Override
        public Part open(LeafRange range, Schema schema, Layout layout, Arena arena) {
            return new Part() {
                private long rows;

                @Override
                public void append(Block block) {
                    rows += block.rows();
                }

                @Override
                public Written finish() {
                    return new Written(range, "part-" + range.from(), rows, 8 * rows, new byte[] {(byte) range.to()});
                }

                @Override
                public void close() {}
            };
        }
    }

    private static MatrixRows source(int leaves) {
        int rows = leaves * LEAF - 1;
        Matrix a = Matrix.zeros(rows, 1);
        for (int i = 0; i < rows; i++) {
            a.set(i, 0, i / 7.0);
        }
        return new MatrixRows(a, "x", Precision.DOUBLE, new Layout(rows, LEAF, BLOCK));
    }

    private SparkBlocks blocks(BlockSource source, int tasks, long limit) {
        return SparkBlocks.of(spark, source, tasks, new PassLog(), limit);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 64})
    void treeAndFactsAreThoseOfOneThread(int tasks) {
        for (int leaves : new int[] {1, 9, 77}) {
            LocalBlocks local = LocalBlocks.of(source(leaves));
            String whole = local.pass(PLAIN);
            for (long limit : new long[] {0, 3 * NODE, FREE}) {
                SparkBlocks rows = blocks(source(leaves), tasks, limit);
                assertThat(rows.pass(PLAIN))
                        .as("%d leaves, limit %d", leaves, limit)
                        .isEqualTo(whole);
                assertThat(rows.facts().crcs()).isEqualTo(local.facts().crcs());
                assertThat(rows.facts().maxAbs()).isEqualTo(local.facts().maxAbs());
                assertThat(rows.kernels()).isEqualTo(local.kernels());
                // The second pass compares what it sees with these facts.
                assertThat(rows.pass(PLAIN)).isEqualTo(whole);
            }
        }
    }

    @Test
    void partsComeInTheOrderOfTheRows() {
        RowBlocks.Output<String> alone = blocks(source(77), 20, FREE).write(new Named(), PLAIN);
        RowBlocks.Output<String> merged = blocks(source(77), 20, 3 * NODE).write(new Named(), PLAIN);
        assertThat(alone.parts()).hasSizeGreaterThanOrEqualTo(20);
        assertThat(merged.parts().stream().map(RowSink.Written::file).toList())
                .isEqualTo(alone.parts().stream().map(RowSink.Written::file).toList());
        assertThat(merged.parts().stream().mapToLong(RowSink.Written::rows).sum())
                .isEqualTo(77 * LEAF - 1);
        assertThat(merged.sum()).isEqualTo(alone.sum());
    }

    @Test
    void mergingIsMoreStagesOfTheSameJob() throws Exception {
        List<Integer> stages = new CopyOnWriteArrayList<>();
        SparkListener listener = new SparkListener() {
            @Override
            public void onJobStart(SparkListenerJobStart start) {
                stages.add(start.stageInfos().size());
            }
        };
        spark.sc().addSparkListener(listener);
        try {
            blocks(source(77), 20, 20 * NODE).pass(PLAIN);
            blocks(source(77), 20, 19 * NODE).pass(PLAIN);
            blocks(source(77), 20, 0).pass(PLAIN);
            spark.sc().listenerBus().waitUntilEmpty();
        } finally {
            spark.sc().removeSparkListener(listener);
        }
        assertThat(stages).containsExactly(1, 2, 4);
    }

    @Test
    void offendersAndFailuresReachTheUser() {
        MatrixRows bad = source(30);
        bad.matrix().set(50, 0, Double.NaN);
        bad.matrix().set(3, 0, Double.NaN);
        assertThatThrownBy(() -> blocks(bad, 7, 0).pass(PLAIN))
                .isInstanceOf(DataException.class)
                .hasMessage(org.assertj.core.api.Assertions.catchThrowable(
                                () -> LocalBlocks.of(bad).pass(PLAIN))
                        .getMessage());
        Notation astray = new Notation(block -> {
            if (block != null && block.firstRow() == 40) {
                throw new DataException("row 40 is astray");
            }
        });
        assertThatThrownBy(() -> blocks(source(30), 7, 0).pass(astray)).hasRootCauseInstanceOf(DataException.class);
        Notation stuck = new Notation(block -> {
            if (block == null && TaskContext.get() != null) {
                throw new DataException("cannot merge");
            }
        });
        assertThatThrownBy(() -> blocks(source(30), 30, 0).pass(stuck)).hasRootCauseInstanceOf(DataException.class);
    }

    private static List<String> digests(SvdAlgorithm algorithm, RowBlocks rows) {
        Svd svd = algorithm.factor(rows);
        return List.of(
                MemorySink.digest(svd.s()),
                MemorySink.digest(svd.v().values()),
                MemorySink.digest(svd.evidence().upper()));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 7, 64})
    void factorsHaveTheSameBits(int tasks) {
        int cols = 60;
        RankRule rank = new RankRule.Fixed(12);
        KnownMatrix matrix =
                KnownMatrix.of("D2", 4100, cols, cols, 1, Precision.DOUBLE).with(new Layout(4100, 64, 32));
        for (SvdAlgorithm algorithm : List.of(
                new Tsqr(rank, true, true, true),
                new Gram(rank, true, false, true),
                new BlockKrylov(rank, true, false, true, Sketch.of(1)),
                new BlockKrylov(rank, true, false, true, Sketch.of(1).toFull()))) {
            List<String> local = digests(algorithm, LocalBlocks.of(matrix));
            long held = Arena.liveBytes();
            assertThat(digests(algorithm, blocks(matrix, tasks, 3 * algorithm.partialBytes(cols))))
                    .as(algorithm.name())
                    .isEqualTo(local);
            assertThat(digests(algorithm, blocks(matrix, tasks, 0)))
                    .as(algorithm.name())
                    .isEqualTo(local);
            assertThat(Arena.liveBytes()).as("memory left behind").isEqualTo(held);
        }
    }

    /** A hundred megabytes of triangles and more. */
    @Test
    @Tag("heavy")
    void wideTriangles() {
        int cols = 3000;
        KnownMatrix matrix =
                KnownMatrix.of("D2", 20_000, cols, 50, 1, Precision.DOUBLE).with(new Layout(20_000, 2048, 1024));
        Tsqr algorithm = new Tsqr(new RankRule.Fixed(20), false, false, true);
        assertThat(NodeTransfer.of(10, algorithm.partialBytes(cols)).merged()).isTrue();
        PassLog log = new PassLog();
        assertThat(digests(algorithm, SparkBlocks.of(spark, matrix, 10, log)))
                .isEqualTo(digests(algorithm, LocalBlocks.of(matrix)));
        assertThat(log.entries().get(0).tasks()).isEqualTo(10);
    }

    /** Retries need a Spark of their own: local[2] gives a task one attempt only. */
    @Test
    void failedAttemptsChangeNoBit() throws Exception {
        succeed("local[2,3]");
    }

    @Test
    @Tag("heavy")
    void executorsInOtherProcessesGiveTheSameBits() throws Exception {
        succeed("local-cluster[2,1,1024]");
    }

    /** Runs {@link Retried} in a process of its own. */
    private void succeed(String master) throws Exception {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(word -> word.startsWith("--add-") || word.startsWith("-XX:+Ignore"))
                .forEach(command::add);
        command.addAll(List.of("-cp", classPath, Retried.class.getName(), master, classPath));
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        // Executors start from a Spark that is not laid out; their class path is ours.
        builder.environment()
                .putAll(Map.of("SPARK_HOME", folder.toString(), "SPARK_TESTING", "1", "SPARK_SCALA_VERSION", "2.13"));
        assertThat(builder.start().waitFor()).as(Files.readString(log)).isZero();
    }

    /** The first attempt at the first task of each stage fails: once while it reads, twice while it merges. */
    static final class Retried {
        private Retried() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] words) {
            SparkConf conf = new SparkConf()
                    .setMaster(words[0])
                    .set("spark.executor.extraClassPath", words[1])
                    .setAppName("retries")
                    .set("spark.ui.enabled", "false");
            try (JavaSparkContext spark = new JavaSparkContext(conf)) {
                Notation failing = new Notation(block -> {
                    TaskContext task = TaskContext.get();
                    if (task != null && task.partitionId() == 0 && task.attemptNumber() == 0) {
                        throw new IllegalStateException("the first attempt fails in stage " + task.stageId());
                    }
                });
                List<Integer> failed = new CopyOnWriteArrayList<>();
                spark.sc().addSparkListener(new SparkListener() {
                    @Override
                    public void onTaskEnd(org.apache.spark.scheduler.SparkListenerTaskEnd end) {
                        if (end.taskInfo().failed()) {
                            failed.add(end.stageId());
                        }
                    }
                });
                SparkBlocks rows = SparkBlocks.of(spark, source(77), 20, new PassLog(), 3 * NODE);
                String sum = rows.pass(failing);
                spark.sc().listenerBus().waitUntilEmpty();
                assertThat(sum).isEqualTo(LocalBlocks.of(source(77)).pass(PLAIN));
                assertThat(failed).hasSize(3).doesNotHaveDuplicates();
            } catch (java.util.concurrent.TimeoutException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
