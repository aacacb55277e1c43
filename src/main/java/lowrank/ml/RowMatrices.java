package lowrank.ml;

import java.util.Arrays;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.factor.Chooser;
import lowrank.factor.RankRule;
import lowrank.factor.Sketch;
import lowrank.factor.Svd;
import lowrank.factor.SvdAlgorithm;
import lowrank.spark.RddBlocks;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.mllib.linalg.Matrices;
import org.apache.spark.mllib.linalg.Matrix;
import org.apache.spark.mllib.linalg.SingularValueDecomposition;
import org.apache.spark.mllib.linalg.SparseVector;
import org.apache.spark.mllib.linalg.Vector;
import org.apache.spark.mllib.linalg.Vectors;
import org.apache.spark.mllib.linalg.distributed.IndexedRow;
import org.apache.spark.mllib.linalg.distributed.IndexedRowMatrix;
import org.apache.spark.mllib.linalg.distributed.RowMatrix;
import scala.Tuple2;

/**
 * The factorisations of MLlib's {@code RowMatrix} and {@code IndexedRowMatrix}, at full accuracy and with the same bits for
 * any number of partitions: {@code RowMatrices.computeSVD(matrix, k, true)} for {@code matrix.computeSVD(k, true)}.
 *
 * <p>Rows are taken in the order of the RDD (partition, position), or of the index; rows of U come in that order. Signs are
 * lowrank's: the entry of largest magnitude in each column of V is positive. Rows are read once by a shuffle, and kept
 * (memory, then disk) until the result that needs them is no longer referred to.
 */
public final class RowMatrices {
    /** MLlib's default: singular values below this part of the largest are dropped. */
    private static final double R_COND = 1e-9;

    /** Of the random vectors of block-krylov. */
    private static final long SEED = 42;

    private RowMatrices() {}

    /** {@code computeSVD} with MLlib's default of rCond, 1e-9. */
    public static SingularValueDecomposition<RowMatrix, Matrix> computeSVD(RowMatrix matrix, int k, boolean computeU) {
        return computeSVD(matrix, k, computeU, R_COND);
    }

    /**
     * U, s and V of the largest singular values.
     *
     * @param k how many, at most the number of columns; fewer are returned where the rank is lower
     * @param computeU whether U is computed; else it is null
     * @param rCond values below this part of the largest are dropped
     * @throws IllegalArgumentException when k is not in 1..columns
     * @throws DataException when a value is not finite, or rows differ in size
     */
    public static SingularValueDecomposition<RowMatrix, Matrix> computeSVD(
            RowMatrix matrix, int k, boolean computeU, double rCond) {
        return computeSVD("auto", matrix, k, computeU, rCond);
    }

    /** The same by an algorithm of this name. */
    static SingularValueDecomposition<RowMatrix, Matrix> computeSVD(
            String algorithm, RowMatrix matrix, int k, boolean computeU, double rCond) {
        Factored factored =
                factor("auto", matrix.rows().toJavaRDD(), k, false, computeU, new OfVector((int) matrix.numCols()));
        int kept = factored.kept(rCond);
        RowMatrix u = computeU
                ? new RowMatrix(factored.left((id, values) -> Vectors.dense(Arrays.copyOf(values, kept)))
                        .rdd())
                : null;
        return new SingularValueDecomposition<>(u, factored.s(kept), factored.v(kept));
    }

    /** {@code computeSVD} with MLlib's default of rCond, 1e-9. */
    public static SingularValueDecomposition<IndexedRowMatrix, Matrix> computeSVD(
            IndexedRowMatrix matrix, int k, boolean computeU) {
        return computeSVD(matrix, k, computeU, R_COND);
    }

    /** The same for rows with indices: sorted by index, which rows of U keep. */
    public static SingularValueDecomposition<IndexedRowMatrix, Matrix> computeSVD(
            IndexedRowMatrix matrix, int k, boolean computeU, double rCond) {
        Factored factored =
                factor("auto", sorted(matrix), k, false, computeU, new OfIndexedRow((int) matrix.numCols()));
        int kept = factored.kept(rCond);
        IndexedRowMatrix u = computeU
                ? new IndexedRowMatrix(factored.left(
                                (id, values) -> new IndexedRow(id, Vectors.dense(Arrays.copyOf(values, kept))))
                        .rdd())
                : null;
        return new SingularValueDecomposition<>(u, factored.s(kept), factored.v(kept));
    }

    /** The first k principal components, as columns. */
    public static Matrix computePrincipalComponents(RowMatrix matrix, int k) {
        return computePrincipalComponentsAndExplainedVariance(matrix, k)._1();
    }

    /** The first k principal components, and the part of the variance that each explains. */
    public static Tuple2<Matrix, Vector> computePrincipalComponentsAndExplainedVariance(RowMatrix matrix, int k) {
        return components(
                factor("auto", matrix.rows().toJavaRDD(), k, true, false, new OfVector((int) matrix.numCols())), k);
    }

    /** The first k principal components, as columns; rows in the order of their indices. */
    public static Matrix computePrincipalComponents(IndexedRowMatrix matrix, int k) {
        return computePrincipalComponentsAndExplainedVariance(matrix, k)._1();
    }

    /** The first k principal components, and the part of the variance that each explains. */
    public static Tuple2<Matrix, Vector> computePrincipalComponentsAndExplainedVariance(
            IndexedRowMatrix matrix, int k) {
        return components(factor("auto", sorted(matrix), k, true, false, new OfIndexedRow((int) matrix.numCols())), k);
    }

    private static JavaRDD<IndexedRow> sorted(IndexedRowMatrix matrix) {
        JavaRDD<IndexedRow> rows = matrix.rows().toJavaRDD();
        return rows.sortBy(IndexedRow::index, true, Math.max(1, rows.getNumPartitions()));
    }

    private static Tuple2<Matrix, Vector> components(Factored factored, int k) {
        lowrank.linalg.Matrix v = Complement.complete(factored.svd.v(), k);
        double[] explained = new double[k];
        double norm = factored.svd.evidence().frobeniusNorm();
        for (int j = 0; j < factored.svd.rank(); j++) {
            double part = factored.svd.s()[j] / norm;
            explained[j] = part * part;
        }
        return new Tuple2<>(Matrices.dense(v.rows(), k, v.values()), Vectors.dense(explained));
    }

    /** Factors, and the rows they came from. */
    private record Factored(Svd svd, RddBlocks left) {
        int kept(double rCond) {
            double[] s = svd.s();
            return (int) Arrays.stream(s).filter(value -> value >= rCond * s[0]).count();
        }

        Vector s(int kept) {
            return Vectors.dense(Arrays.copyOf(svd.s(), kept));
        }

        Matrix v(int kept) {
            return Matrices.dense(svd.v().rows(), kept, svd.v().columns(kept).values());
        }

        <R> JavaRDD<R> left(RddBlocks.Maker<R> maker) {
            return left.rows(maker);
        }
    }

    private static <T> Factored factor(
            String name, JavaRDD<T> rows, int k, boolean center, boolean leftVectors, RddBlocks.Reader<T> reader) {
        int cols = reader.cols();
        if (k < 1 || k > cols) {
            throw new IllegalArgumentException("k = " + k + " must be in 1.." + cols + ", the number of columns");
        }
        long[] starts = RddBlocks.starts(rows);
        long count = starts[starts.length - 1];
        if (count == 0) {
            throw new IllegalArgumentException("the matrix has no rows");
        }
        RankRule rank = new RankRule.Fixed((int) Math.min(k, count));
        SvdAlgorithm algorithm = Chooser.choose(
                        name,
                        count,
                        cols,
                        rank,
                        center,
                        false,
                        leftVectors,
                        Sketch.of(SEED).toFull())
                .algorithm();
        Layout layout = Layout.of(count, (long) cols * Double.BYTES, algorithm.partialBytes(cols));
        RddBlocks blocks = RddBlocks.of(
                new JavaSparkContext(rows.context()), rows, starts, reader, layout, reader instanceof OfIndexedRow);
        Svd svd = algorithm.factor(blocks);
        if (leftVectors) {
            return new Factored(svd, (RddBlocks) svd.orthonormalU());
        }
        blocks.unpersist();
        return new Factored(svd, null);
    }

    private static void read(Vector row, double[] values, int at, int cols) {
        if (row.size() != cols) {
            throw new DataException("a row has " + row.size() + " values where the first has " + cols
                    + "; all rows of a matrix must agree");
        }
        if (row instanceof SparseVector sparse) {
            Arrays.fill(values, at, at + sparse.size(), 0);
            for (int i = 0; i < sparse.indices().length; i++) {
                values[at + sparse.indices()[i]] = sparse.values()[i];
            }
        } else {
            System.arraycopy(row.toArray(), 0, values, at, row.size());
        }
    }

    private record OfVector(int cols) implements RddBlocks.Reader<Vector> {
        @Override
        public void read(Vector row, double[] values, int at) {
            RowMatrices.read(row, values, at, cols);
        }
    }

    private record OfIndexedRow(int cols) implements RddBlocks.Reader<IndexedRow> {
        @Override
        public void read(IndexedRow row, double[] values, int at) {
            RowMatrices.read(row.vector(), values, at, cols);
        }

        @Override
        public long id(IndexedRow row) {
            return row.index();
        }
    }
}
