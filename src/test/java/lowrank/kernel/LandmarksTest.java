package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

/** What holds for every sampler. */
class LandmarksTest {
    private static final Kernel KERNEL = new Gaussian(2);

    private static RowBlocks table(Matrix rows, Precision precision, int tasks) {
        return LocalBlocks.of(new MatrixRows(rows, "x", precision, new Layout(rows.rows(), 64, 32)), tasks);
    }

    private static RowBlocks table(Matrix rows) {
        return table(rows, Precision.DOUBLE, 1);
    }

    private static void assertRowsOfTheTable(Landmarks.Chosen chosen, Matrix rows) {
        for (int j = 0; j < chosen.count(); j++) {
            if (chosen.rows()[j] >= 0) {
                for (int t = 0; t < rows.cols(); t++) {
                    assertThat(chosen.points().get(j, t)).isEqualTo(rows.get((int) chosen.rows()[j], t));
                }
            }
        }
    }

    @Test
    void tasksDoNotChangeTheChoice() {
        for (int d : new int[] {4, 24}) {
            Matrix rows = TestKernels.floats(TestKernels.rows(64 * 70 + 5, d, false, 1));
            for (Precision precision : Precision.values()) {
                for (Landmarks landmarks : LandmarksContract.samplers(50, 7)) {
                    Landmarks.Chosen one = landmarks.choose(table(rows, precision, 1), KERNEL);
                    assertThat(one.count()).isEqualTo(50);
                    assertRowsOfTheTable(one, rows);
                    for (int tasks : new int[] {2, 7, 64}) {
                        Landmarks.Chosen more = landmarks.choose(table(rows, precision, tasks), KERNEL);
                        assertThat(more.rows())
                                .as("%s %d tasks", landmarks, tasks)
                                .isEqualTo(one.rows());
                        assertThat(more.points().values())
                                .isEqualTo(one.points().values());
                        assertThat(more.notes()).isEqualTo(one.notes());
                    }
                }
            }
        }
    }

    /** As on a cluster: tasks and nodes travel as bytes, and nodes are as large as is said of them. */
    @Test
    void tasksAndNodesTravel() {
        for (Kernel kernel : TestKernels.all(9)) {
            Matrix rows = TestKernels.rows(64 * 20 + 5, 9, TestKernels.positive(kernel), 1);
            Layout layout = new Layout(rows.rows(), 64, 32);
            for (Landmarks landmarks : LandmarksContract.samplers(8, 7)) {
                WireBlocks wire = new WireBlocks(new MatrixRows(rows, "x", Precision.DOUBLE, layout));
                Landmarks.Chosen chosen = landmarks.choose(wire, kernel);
                assertThat(chosen.points().values())
                        .isEqualTo(
                                landmarks.choose(table(rows), kernel).points().values());
                Nystrom map = Nystrom.of(kernel, chosen.points(), Precision.DOUBLE);
                wire.map(new SelfColumn(kernel)).map(new Features(map)).pass(new TracePass(kernel, 1));
                assertThat(wire.nodes()).allSatisfy(node -> {
                    // Nodes said to be small are: all of a sample together are little more than the sample.
                    if (node.planned() > 0) {
                        assertThat(node.bytes())
                                .as("%s %s", landmarks, node)
                                .isBetween(node.planned(), node.planned() + 700);
                    } else if (node.label().equals("sample rows")) {
                        assertThat(node.bytes()).isLessThan(1500 * 11 * 8);
                    } else {
                        assertThat(node.bytes()).isLessThan(1000);
                    }
                });
            }
        }
    }

    @Test
    void noRowIsChosenTwiceAndSeedsDiffer() {
        Matrix rows = TestKernels.rows(300, 3, false, 2);
        for (Landmarks landmarks : LandmarksContract.samplers(40, 1)) {
            Landmarks.Chosen chosen = landmarks.choose(table(rows), KERNEL);
            if (!(landmarks instanceof KMeans)) {
                assertThat(chosen.rows()).doesNotHaveDuplicates();
            }
        }
        for (int i = 0; i < LandmarksContract.samplers(40, 1).size(); i++) {
            Landmarks.Chosen one = LandmarksContract.samplers(40, 1).get(i).choose(table(rows), KERNEL);
            Landmarks.Chosen two = LandmarksContract.samplers(40, 2).get(i).choose(table(rows), KERNEL);
            assertThat(one.points().values()).isNotEqualTo(two.points().values());
        }
    }

    @Test
    void oneLandmarkAndAllRows() {
        Matrix rows = TestKernels.rows(30, 3, false, 3);
        for (Landmarks landmarks : LandmarksContract.samplers(1, 5)) {
            assertThat(landmarks.choose(table(rows), KERNEL).count()).isEqualTo(1);
        }
        for (Landmarks landmarks : LandmarksContract.samplers(30, 5)) {
            Landmarks.Chosen all = landmarks.choose(table(rows), new Gaussian(0.5));
            assertThat(all.count()).as(landmarks.toString()).isEqualTo(30);
            if (!(landmarks instanceof KMeans)) {
                assertThat(Arrays.stream(all.rows()).sorted().toArray())
                        .isEqualTo(java.util.stream.LongStream.range(0, 30).toArray());
            }
        }
        for (Landmarks landmarks : LandmarksContract.samplers(1, 5)) {
            Landmarks.Chosen only = landmarks.choose(table(TestKernels.rows(1, 3, false, 4)), KERNEL);
            assertThat(only.count()).isEqualTo(1);
            assertThat(only.points().values())
                    .isEqualTo(TestKernels.rows(1, 3, false, 4).values());
        }
    }

    @Test
    void moreLandmarksThanRowsAreRefused() {
        for (Landmarks landmarks : LandmarksContract.samplers(31, 5)) {
            assertThatThrownBy(() -> landmarks.choose(table(TestKernels.rows(30, 3, false, 3)), KERNEL))
                    .as(landmarks.toString())
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("31 landmarks")
                    .hasMessageContaining("30 rows");
        }
        assertThatThrownBy(() -> new Uniform(0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("features.size");
    }

    /** Ten different rows, each many times: equal rows are one landmark, and the choice says that there are fewer. */
    @Test
    void equalRowsAreOneLandmark() {
        Matrix ten = TestKernels.rows(10, 3, false, 6);
        int[] repeated = new int[500];
        for (int i = 0; i < repeated.length; i++) {
            repeated[i] = i * i % 10 == 0 ? 0 : (i * 7 + i / 10) % 10;
        }
        Matrix rows = TestKernels.rowsOf(ten, repeated);
        for (Landmarks landmarks : LandmarksContract.samplers(20, 3)) {
            Landmarks.Chosen chosen = landmarks.choose(table(rows), KERNEL);
            assertThat(chosen.count()).as(landmarks.toString()).isBetween(1, 10);
            assertThat(chosen.notes()).anySatisfy(note -> assertThat(note).contains("fewer than the 20"));
            assertThat(LandmarksContract.traceLeft(KERNEL, rows, chosen.points()) / 500)
                    .as(landmarks.toString())
                    .isLessThan(1e-9);
        }
    }

    @Test
    void aConstantTableHasOneLandmark() {
        Matrix rows = new Matrix(200, 2, new double[400]);
        Arrays.fill(rows.values(), 3.5);
        for (Precision precision : Precision.values()) {
            for (Landmarks landmarks : LandmarksContract.samplers(8, 3)) {
                Landmarks.Chosen chosen = landmarks.choose(table(rows, precision, 3), KERNEL);
                assertThat(chosen.count()).as(landmarks.toString()).isEqualTo(1);
                assertThat(chosen.points().values()).containsExactly(3.5, 3.5);
            }
        }
    }

    @Test
    void everySamplerServesEveryForm() {
        for (Kernel kernel : TestKernels.all(5)) {
            Matrix rows = TestKernels.rows(400, 5, TestKernels.positive(kernel), 8);
            double all = LandmarksContract.traceLeft(kernel, rows, TestKernels.rowsOf(rows, 0));
            for (Landmarks landmarks : LandmarksContract.samplers(40, 11)) {
                Landmarks.Chosen chosen = landmarks.choose(table(rows), kernel);
                assertThat(LandmarksContract.traceLeft(kernel, rows, chosen.points()))
                        .as("%s %s", kernel, landmarks)
                        .isLessThan(0.6 * all);
            }
        }
    }

    @Test
    void givenLandmarksAreChecked() {
        RowBlocks table = table(TestKernels.rows(20, 3, false, 9));
        Landmarks.Chosen chosen = new Given(TestKernels.rows(4, 3, false, 10)).choose(table, KERNEL);
        assertThat(chosen.count()).isEqualTo(4);
        assertThat(chosen.rows()).containsOnly(-1);
        assertThatThrownBy(() -> new Given(TestKernels.rows(4, 2, false, 10)).choose(table, KERNEL))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("2 values each, the rows 3");
        assertThatThrownBy(() -> new Given(Matrix.zeros(0, 3))).isInstanceOf(DataException.class);
        Matrix broken = TestKernels.rows(4, 3, false, 10);
        broken.set(2, 1, Double.NaN);
        assertThatThrownBy(() -> new Given(broken))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("landmark 2 column 1");
    }

    @Test
    void uniformRowsAreUniform() {
        // Each of 200 rows is among 50 landmarks in a quarter of the draws.
        Matrix rows = TestKernels.rows(200, 2, false, 12);
        int draws = 400;
        int[] counts = new int[200];
        for (int seed = 0; seed < draws; seed++) {
            for (long row : new Uniform(50, seed).choose(table(rows), KERNEL).rows()) {
                counts[(int) row]++;
            }
        }
        double chi = 0;
        for (int count : counts) {
            chi += (count - 100.0) * (count - 100.0) / (draws * 0.25 * 0.75);
        }
        // 199 degrees of freedom, variance 2 each: 5 deviations.
        assertThat(chi).isBetween(199 - 5 * Math.sqrt(398), 199 + 5 * Math.sqrt(398));
    }

    @Test
    void kMeansFindsTheClustersAndLowersTheSpread() {
        Matrix rows = TestKernels.rows(600, 2, false, 13);
        for (int i = 0; i < 600; i++) {
            rows.set(i, 0, rows.get(i, 0) + 100 * (i % 5));
        }
        Matrix centres = new KMeans(5, 1, 8).choose(table(rows), KERNEL).points();
        double[] first = Arrays.copyOf(centres.values(), 5);
        Arrays.sort(first);
        // Means of 120 normal numbers are within 5 / sqrt(120).
        for (int j = 0; j < 5; j++) {
            assertThat(first[j]).isBetween(100.0 * j - 0.46, 100.0 * j + 0.46);
        }
        assertThat(new KMeans(3, 1, 0).choose(table(rows), KERNEL).notes()).isEqualTo(List.of());
    }
}
