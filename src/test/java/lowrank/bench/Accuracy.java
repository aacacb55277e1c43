package lowrank.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.MemorySink;
import lowrank.blocks.Pass;
import lowrank.factor.AccuracyAccess;
import lowrank.factor.KnownMatrix;
import lowrank.factor.RankRule;
import lowrank.factor.Svd;
import lowrank.factor.Tsqr;
import lowrank.linalg.Matrix;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.mllib.feature.StandardScaler;
import org.apache.spark.mllib.linalg.SingularValueDecomposition;
import org.apache.spark.mllib.linalg.Vector;
import org.apache.spark.mllib.linalg.Vectors;
import org.apache.spark.mllib.linalg.distributed.RowMatrix;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;

/** Errors of tsqr beside those of MLlib's computeSVD with native BLAS, on the same matrices, as Markdown tables: docs/accuracy.md. */
public final class Accuracy {
    private static final double[] SCALES = {1, 1e20, 1e-20};

    private static final String[] SPECTRA = {
        "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "step-300", "step-20", "flat-tail"
    };

    /** S4 to S9 are others at a scale: in float the products of both scales leave its range. */
    private static final String[] FLOATS = {"S1", "S2", "S3", "S10", "S11", "step-300", "step-20", "flat-tail"};

    /** Rows, columns, rank and spectrum of Li, Kluger and Tygert's tests. */
    private record Size(int rows, int cols, int rank, String spectrum) {}

    private static final List<Size> SIZES = List.of(
            new Size(100, 50, 10, "S1"),
            new Size(200, 100, 20, "S4"),
            new Size(200, 100, 20, "S5"),
            new Size(400, 300, 25, "S1"),
            new Size(400, 300, 25, "S4"),
            new Size(500, 200, 30, "S5"),
            new Size(1000, 500, 50, "S9"));

    private static final String BOTH =
            " error / s1 | U | V | values | MLlib: error / s1 | U | V | values |\n| --- | --- | --- | --- | --- | --- | --- |"
                    + " --- | --- |";

    private final JavaSparkContext spark;

    private Accuracy(JavaSparkContext spark) {
        this.spark = spark;
    }

    public static void main(String[] args) throws IOException {
        try (SparkSession session = SparkSession.builder()
                .master("local[2]")
                .appName("lowrank accuracy")
                .config("spark.ui.enabled", "false")
                .config("spark.plugins", "lowrank.spark.LowRankPlugin")
                .getOrCreate()) {
            print("BLAS: %s", Backend.AUTO.blas().description());
            Accuracy accuracy = new Accuracy(new JavaSparkContext(session.sparkContext()));
            accuracy.spectra();
            accuracy.sizes();
            accuracy.centring();
        }
        floats();
        print("\n| LAPACK type | error | U | V |\n| --- | --- | --- | --- |");
        AccuracyAccess.lapackTypes().forEach(line -> print("| %s |", line));
        print("\n| spectrum | error / s_21 | U |\n| --- | --- | --- |");
        for (String spectrum : new String[] {"D1", "D2", "D3", "D4", "D5"}) {
            double[] worst = AccuracyAccess.truncated(spectrum);
            print("| %s | %.5f | %s", spectrum, worst[0], Figures.number(worst[1]));
        }
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    private static Matrix read(BlockSource source) {
        MemorySink sink = new MemorySink();
        LocalBlocks.of(source, 2).write(sink, Pass.nothing());
        return sink.matrix();
    }

    private static Figures ours(BlockSource source, RankRule rank, double norm) {
        return ours(source, new Tsqr(rank, false, false, true), read(source), norm);
    }

    private static Figures ours(BlockSource source, Tsqr tsqr, Matrix exact, double norm) {
        Svd svd = tsqr.factor(LocalBlocks.of(source, 2));
        MemorySink sink = new MemorySink();
        svd.writeU(sink);
        return Figures.of(exact, norm, sink.matrix(), svd.s(), svd.v());
    }

    private RDD<Vector> vectors(Matrix a) {
        List<Vector> rows = new ArrayList<>();
        for (int i = 0; i < a.rows(); i++) {
            double[] row = new double[a.cols()];
            for (int j = 0; j < row.length; j++) {
                row[j] = a.get(i, j);
            }
            rows.add(Vectors.dense(row));
        }
        return spark.parallelize(rows, 2).cache().rdd();
    }

    private static Matrix matrix(org.apache.spark.mllib.linalg.Matrix m) {
        return new Matrix(m.numRows(), m.numCols(), m.toArray());
    }

    /** What MLlib finds of rows, against the exact matrix. */
    private static Figures theirs(RDD<Vector> rows, int rank, Matrix exact, double norm) {
        try {
            SingularValueDecomposition<RowMatrix, org.apache.spark.mllib.linalg.Matrix> svd =
                    new RowMatrix(rows).computeSVD(rank, true, 1e-9);
            List<Vector> left = svd.U().rows().toJavaRDD().collect();
            Matrix u = Matrix.zeros(left.size(), svd.s().size());
            for (int i = 0; i < u.rows(); i++) {
                for (int j = 0; j < u.cols(); j++) {
                    u.set(i, j, left.get(i).apply(j));
                }
            }
            return Figures.of(exact, norm, u, svd.s().toArray(), matrix(svd.V()));
        } catch (RuntimeException e) {
            return Figures.failed(e);
        }
    }

    /** All values of 5,000 x 200, the worst of three scales. */
    private void spectra() {
        print("\n| 5,000 x 200, all values |" + BOTH);
        for (String spectrum : SPECTRA) {
            Figures ours = null;
            Figures theirs = null;
            for (double scale : SCALES) {
                KnownMatrix known = KnownMatrix.of(spectrum, 5000, 200, 200, scale, Precision.DOUBLE);
                Figures mine = ours(known, new RankRule.Full(), known.s()[0]);
                ours = ours == null ? mine : ours.worst(mine);
                Matrix a = read(known);
                Figures other = theirs(vectors(a), 200, a, known.s()[0]);
                theirs = theirs == null ? other : theirs.worst(other);
            }
            print("| %s | %s%s", spectrum, ours.cells(), theirs.cells());
        }
    }

    private void sizes() {
        print("\n| rows x cols, k, spectrum |" + BOTH);
        for (Size size : SIZES) {
            KnownMatrix known = KnownMatrix.of(size.spectrum, size.rows, size.cols, size.rank, 1, Precision.DOUBLE);
            Figures ours = ours(known, new RankRule.Fixed(size.rank), known.s()[0]);
            Matrix a = read(known);
            Figures theirs = theirs(vectors(a), size.rank, a, known.s()[0]);
            print(
                    "| %d x %d, %d, %s | %s%s",
                    size.rows, size.cols, size.rank, size.spectrum, ours.cells(), theirs.cells());
        }
    }

    /** Against the exactly centred matrix; MLlib by StandardScaler and computeSVD, and by its principal components. */
    private void centring() {
        int rows = 1000;
        int cols = 20;
        print("\n| mean, scale |" + BOTH);
        for (double mean : new double[] {1, 1e3, 1e6}) {
            for (boolean scale : new boolean[] {false, true}) {
                Matrix a = AccuracyAccess.shifted(rows, cols, mean, 4);
                Matrix exact = AccuracyAccess.centred(a, scale);
                double norm = lowrank.linalg.Dense.svd(exact).s()[0];
                MatrixRows source = new MatrixRows(a, "features", Precision.DOUBLE, Layout.of(rows, 8L * cols, 0));
                Figures ours = ours(source, new Tsqr(new RankRule.Full(), true, scale, true), exact, norm);
                RDD<Vector> raw = vectors(a);
                StandardScaler scaler = new StandardScaler(true, scale);
                RDD<Vector> centred = scaler.fit(raw).transform(raw);
                print(
                        "| %.0e, %s | %s%s",
                        mean,
                        scale,
                        ours.cells(),
                        theirs(centred, cols, exact, norm).cells());
            }
        }
        print(
                "\n| mean | largest error of a variance ratio: tsqr | MLlib's principal components |\n| --- | --- | --- |");
        for (double mean : new double[] {1, 1e3, 1e6, 1e8}) {
            Matrix a = AccuracyAccess.shifted(rows, cols, mean, 4);
            double[] truth = ratios(
                    lowrank.linalg.Dense.svd(AccuracyAccess.centred(a, false)).s());
            MatrixRows source = new MatrixRows(a, "features", Precision.DOUBLE, Layout.of(rows, 8L * cols, 0));
            double[] ours = ratios(new Tsqr(new RankRule.Full(), true, false, false)
                    .factor(LocalBlocks.of(source))
                    .s());
            double[] theirs = new RowMatrix(vectors(a))
                    .computePrincipalComponentsAndExplainedVariance(cols)
                    ._2()
                    .toArray();
            print("| %.0e | %s%s", mean, Figures.number(off(ours, truth)), Figures.number(off(theirs, truth)));
        }
    }

    private static double[] ratios(double[] s) {
        double sum = Arrays.stream(s).map(x -> x * x).sum();
        return Arrays.stream(s).map(x -> x * x / sum).toArray();
    }

    private static double off(double[] values, double[] truth) {
        double worst = 0;
        for (int j = 0; j < Math.min(values.length, truth.length); j++) {
            worst = Math.max(worst, Math.abs(values[j] - truth[j]));
        }
        return worst;
    }

    /** Input, products and U in float. */
    private static void floats() {
        print("\n| float, 5,000 x 200 | error / s1 | U | V | values |\n| --- | --- | --- | --- | --- |");
        for (String spectrum : FLOATS) {
            Figures worst = null;
            for (double scale : SCALES) {
                KnownMatrix known = KnownMatrix.of(spectrum, 5000, 200, 200, scale, Precision.FLOAT);
                Figures figures = ours(known, new RankRule.Full(), known.s()[0]);
                worst = worst == null ? figures : worst.worst(figures);
            }
            print("| %s | %s", spectrum, worst.cells());
        }
    }
}
