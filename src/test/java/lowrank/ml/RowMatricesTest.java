package lowrank.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import lowrank.blocks.DataException;
import lowrank.io.FormatFiles;
import lowrank.spark.SharedSpark;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.mllib.linalg.Matrix;
import org.apache.spark.mllib.linalg.SingularValueDecomposition;
import org.apache.spark.mllib.linalg.Vector;
import org.apache.spark.mllib.linalg.Vectors;
import org.apache.spark.mllib.linalg.distributed.IndexedRow;
import org.apache.spark.mllib.linalg.distributed.IndexedRowMatrix;
import org.apache.spark.mllib.linalg.distributed.RowMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MLlib's own cases (RowMatrixSuite, IndexedRowMatrixSuite), and the order of U's rows. */
@ExtendWith(SharedSpark.class)
class RowMatricesTest {
    private static final double[][] SUITE = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {9, 0, 1}};

    private static RowMatrix matrix(JavaSparkContext spark, double[][] rows, boolean sparse, int partitions) {
        List<Vector> vectors = new ArrayList<>();
        for (double[] row : rows) {
            vectors.add(sparse ? Vectors.dense(row).toSparse() : Vectors.dense(row));
        }
        return new RowMatrix(spark.parallelize(vectors, partitions).rdd());
    }

    /** Rows of U S V' in the order of collect. */
    private static void assertRebuilds(
            double[][] rows, List<Vector> u, SingularValueDecomposition<?, Matrix> svd, double tolerance) {
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[i].length; j++) {
                double sum = 0;
                for (int l = 0; l < svd.s().size(); l++) {
                    sum += u.get(i).apply(l) * svd.s().apply(l) * svd.V().apply(j, l);
                }
                assertThat(sum).as("row %s column %s", i, j).isCloseTo(rows[i][j], within(tolerance));
            }
        }
    }

    private static void assertSameUpToSign(Matrix ours, Matrix theirs) {
        assertThat(ours.numRows()).isEqualTo(theirs.numRows());
        assertThat(ours.numCols()).isEqualTo(theirs.numCols());
        for (int j = 0; j < ours.numCols(); j++) {
            double dot = 0;
            for (int i = 0; i < ours.numRows(); i++) {
                dot += ours.apply(i, j) * theirs.apply(i, j);
            }
            assertThat(Math.abs(dot)).as("column %s", j).isCloseTo(1, within(1e-8));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void suiteMatrixForEveryRank(boolean sparse) {
        JavaSparkContext spark = new JavaSparkContext(SharedSpark.session().sparkContext());
        RowMatrix matrix = matrix(spark, SUITE, sparse, 2);
        for (int k = 1; k <= 3; k++) {
            SingularValueDecomposition<RowMatrix, Matrix> ours = RowMatrices.computeSVD(matrix, k, true);
            SingularValueDecomposition<RowMatrix, Matrix> theirs = matrix.computeSVD(k, true, 1e-9);
            assertThat(ours.s().toArray()).containsExactly(theirs.s().toArray(), within(1e-7));
            assertSameUpToSign(ours.V(), theirs.V());
            assertThat(ours.U().numRows()).isEqualTo(4);
            assertThat(ours.U().numCols()).isEqualTo(k);
            if (k == 3) {
                assertRebuilds(SUITE, ours.U().rows().toJavaRDD().collect(), ours, 1e-13);
            }
            SingularValueDecomposition<RowMatrix, Matrix> values = RowMatrices.computeSVD(matrix, k, false);
            assertThat(values.U()).isNull();
            assertThat(values.s().toArray()).containsExactly(ours.s().toArray());
        }
        assertThatThrownBy(() -> RowMatrices.computeSVD(matrix, 4, true)).hasMessageContaining("must be in 1..3");
        assertThatThrownBy(() -> RowMatrices.computeSVD(matrix, 0, true)).hasMessageContaining("must be in 1..3");
    }

    @Test
    void allOnesHasRankOne(JavaSparkContext spark) {
        double[][] ones = {{1, 1, 1, 1}, {1, 1, 1, 1}};
        SingularValueDecomposition<RowMatrix, Matrix> svd =
                RowMatrices.computeSVD(matrix(spark, ones, false, 2), 2, true);
        assertThat(svd.s().size()).isEqualTo(1);
        assertThat(svd.U().numRows()).isEqualTo(2);
        assertThat(svd.U().numCols()).isEqualTo(1);
        assertThat(svd.V().numRows()).isEqualTo(4);
        assertThat(svd.V().numCols()).isEqualTo(1);
        assertRebuilds(ones, svd.U().rows().toJavaRDD().collect(), svd, 1e-14);
    }

    @Test
    void smallValuesAreDroppedAsMllibDrops(JavaSparkContext spark) {
        double[][] steep = {{1, 0, 0}, {0, 1e-6, 0}, {0, 0, 1e-12}};
        RowMatrix matrix = matrix(spark, steep, false, 1);
        assertThat(RowMatrices.computeSVD(matrix, 3, true).s().size()).isEqualTo(2);
        assertThat(RowMatrices.computeSVD(matrix, 3, true, 1e-4).s().size()).isEqualTo(1);
        assertThat(RowMatrices.computeSVD(matrix, 3, true, 0).s().size()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void principalComponents(boolean sparse) {
        JavaSparkContext spark = new JavaSparkContext(SharedSpark.session().sparkContext());
        RowMatrix matrix = matrix(spark, SUITE, sparse, 2);
        for (int k = 1; k <= 3; k++) {
            var ours = RowMatrices.computePrincipalComponentsAndExplainedVariance(matrix, k);
            var theirs = matrix.computePrincipalComponentsAndExplainedVariance(k);
            assertSameUpToSign(ours._1(), theirs._1());
            assertThat(ours._2().toArray()).containsExactly(theirs._2().toArray(), within(1e-9));
        }
        // Two rows have one direction of variance; MLlib completes the others.
        Matrix completed = RowMatrices.computePrincipalComponents(
                matrix(spark, new double[][] {{1, 2, 3}, {4, 4, 4}}, false, 1), 3);
        assertThat(completed
                        .transpose()
                        .multiply((org.apache.spark.mllib.linalg.DenseMatrix) completed)
                        .toArray())
                .containsExactly(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, within(1e-14));
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "tsqr"})
    void rowsOfUComeInTheOrderOfTheRddWhateverItsPartitions(String algorithm) {
        JavaSparkContext spark = new JavaSparkContext(SharedSpark.session().sparkContext());
        double[][] rows = FormatFiles.matrix(20_000, 4, 9);
        SingularValueDecomposition<RowMatrix, Matrix> one =
                RowMatrices.computeSVD(algorithm, matrix(spark, rows, false, 1), 4, true, 1e-9);
        List<Vector> expected = one.U().rows().toJavaRDD().collect();
        assertRebuilds(rows, expected, one, 1e-12);
        for (int partitions : new int[] {2, 7, 64}) {
            var many =
                    RowMatrices.computeSVD(algorithm, matrix(spark, rows, partitions == 7, partitions), 4, true, 1e-9);
            assertThat(many.s()).isEqualTo(one.s());
            assertThat(many.V()).isEqualTo(one.V());
            assertThat(many.U().rows().toJavaRDD().collect()).isEqualTo(expected);
        }
        // A shuffled RDD has an order of its own, which U follows.
        RowMatrix shuffled = new RowMatrix(matrix(spark, rows, false, 2)
                .rows()
                .toJavaRDD()
                .repartition(5)
                .cache()
                .rdd());
        double[][] order = shuffled.rows().toJavaRDD().collect().stream()
                .map(Vector::toArray)
                .toArray(double[][]::new);
        var svd = RowMatrices.computeSVD(algorithm, shuffled, 4, true, 1e-9);
        assertRebuilds(order, svd.U().rows().toJavaRDD().collect(), svd, 1e-12);
    }

    @Test
    void indexedRowsAreSortedAndKeepTheirIndices(JavaSparkContext spark) {
        List<IndexedRow> rows = new ArrayList<>(IntStream.range(0, 4)
                .mapToObj(i -> new IndexedRow(i * 10L + 5, Vectors.dense(SUITE[i])))
                .toList());
        Collections.shuffle(rows, new Random(4));
        IndexedRowMatrix matrix =
                new IndexedRowMatrix(spark.parallelize(rows, 3).rdd());
        SingularValueDecomposition<IndexedRowMatrix, Matrix> svd = RowMatrices.computeSVD(matrix, 3, true);
        List<IndexedRow> u = svd.U().rows().toJavaRDD().collect();
        assertThat(u.stream().map(IndexedRow::index)).containsExactly(5L, 15L, 25L, 35L);
        assertRebuilds(SUITE, u.stream().map(IndexedRow::vector).toList(), svd, 1e-13);
        RowMatrix plain = matrix(spark, SUITE, false, 2);
        assertThat(svd.s()).isEqualTo(RowMatrices.computeSVD(plain, 3, true).s());
        assertThat(RowMatrices.computePrincipalComponents(matrix, 2))
                .isEqualTo(RowMatrices.computePrincipalComponents(plain, 2));
    }

    @Test
    void badRowsAreNamed(JavaSparkContext spark) {
        double[][] nan = Arrays.stream(SUITE).map(double[]::clone).toArray(double[][]::new);
        nan[2][1] = Double.NaN;
        RowMatrix matrix = matrix(spark, nan, false, 2);
        assertThatThrownBy(() -> RowMatrices.computeSVD(matrix, 2, true))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("row 2 column features[1] is NaN");
        RowMatrix ragged = matrix(spark, new double[][] {{1, 2}, {1, 2, 3}}, false, 1);
        assertThatThrownBy(() -> RowMatrices.computeSVD(ragged, 2, true))
                .hasStackTraceContaining("a row has 3 values where the first has 2");
        RowMatrix empty = new RowMatrix(spark.<Vector>parallelize(List.of(), 2).rdd(), 0, 3);
        assertThatThrownBy(() -> RowMatrices.computeSVD(empty, 2, true)).hasMessageContaining("no rows");
    }
}
