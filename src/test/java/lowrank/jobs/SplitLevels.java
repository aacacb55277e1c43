package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.PairedSource;
import lowrank.blocks.RowBlocks;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetTable;
import lowrank.kernel.Features;
import lowrank.kernel.Gaussian;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;
import lowrank.regress.OneVsAll;
import lowrank.regress.Predictor;
import lowrank.regress.RidgeFit;
import lowrank.regress.RidgeLearner;
import lowrank.regress.RidgeSettings;
import lowrank.regress.ScorePass;
import lowrank.regress.Scores;
import org.apache.hadoop.conf.Configuration;

/**
 * Error on a held-out fifth of a labelled set, over seeded splits; bandwidth, lambda and nothing else are chosen by folds of the other
 * rows: {@code scripts/bench splits FILE FEATURES LABEL SIZE SPLITS BANDWIDTH...}.
 */
public final class SplitLevels {
    private static final int FOLDS = 5;

    private SplitLevels() {}

    public static void main(String[] args) {
        Matrix rows = read(args[0], args[1]);
        Matrix labels = read(args[0], args[2]);
        int size = Integer.parseInt(args[3]);
        int splits = Integer.parseInt(args[4]);
        double[] bandwidths = Arrays.stream(args, 5, args.length)
                .mapToDouble(Double::parseDouble)
                .toArray();
        double[] classes = Arrays.stream(labels.values()).distinct().sorted().toArray();
        double[] errors = new double[splits];
        for (int seed = 0; seed < splits; seed++) {
            int[] order = permutation(rows.rows(), seed);
            int held = rows.rows() / 5;
            RowBlocks train = table(rows, labels, Arrays.copyOfRange(order, held, order.length), classes);
            RowBlocks test = table(rows, labels, Arrays.copyOf(order, held), null);
            FeatureSpec features =
                    new FeatureSpec("nystrom", size, FeatureSpec.Sampler.UNIFORM, null, Double.NaN, seed, 1, false);
            RidgeSettings settings = new RidgeSettings(
                    List.of(), RidgeSettings.Select.KFOLD, FOLDS, true, RidgeSettings.Solver.AUTO, Double.NaN, 1, seed);
            RidgeLearner learner = RidgeLearner.of(settings, train, true, size, true, false);
            MapBuilder maps = new MapBuilder(features, Precision.DOUBLE, null);
            RidgeFit best = null;
            MapBuilder.Built map = null;
            double chosen = 0;
            for (double bandwidth : bandwidths) {
                MapBuilder.Built built =
                        maps.draws(train, new Gaussian(bandwidth)).get(0);
                RidgeFit fit = learner.fit(train.map(new Features(built.map())));
                if (best == null || fit.score() < best.score()) {
                    best = fit;
                    map = built;
                    chosen = bandwidth;
                }
            }
            RowBlocks predicted = test.map(new Features(map.map()))
                    .map(Predictor.classes(best.model(), classes).keeping(1));
            Scores.Labels scores = (Scores.Labels) predicted.pass(new ScorePass(2, -1, classes));
            errors[seed] = scores.errorRate();
            print(
                    "split %2d: bandwidth %g, lambda %.2g, validation %.4f, test %.4f",
                    seed, chosen, best.model().lambda(), best.score(), errors[seed]);
        }
        double mean = Arrays.stream(errors).average().orElseThrow();
        double square = Arrays.stream(errors).map(e -> (e - mean) * (e - mean)).sum();
        print("mean %.4f, standard error %.4f", mean, Math.sqrt(square / splits / Math.max(1, splits - 1)));
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    private static int[] permutation(int count, int seed) {
        Philox random = new Philox(seed, 60);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            order.add(i);
        }
        order.sort((a, b) -> Double.compare(random.uniformAt(a, 0), random.uniformAt(b, 0)));
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Rows and their labels, or for classes a target each. */
    private static RowBlocks table(Matrix rows, Matrix labels, int[] chosen, double[] classes) {
        Layout layout = Layout.of(chosen.length, 8L * rows.cols(), 0);
        MatrixRows x = new MatrixRows(pick(rows, chosen), "features", Precision.DOUBLE, layout);
        MatrixRows y = new MatrixRows(pick(labels, chosen), "target", Precision.DOUBLE, layout);
        RowBlocks both = LocalBlocks.of(new PairedSource(x, y));
        return classes == null ? both : both.map(new OneVsAll(classes));
    }

    private static Matrix pick(Matrix from, int[] chosen) {
        Matrix picked = Matrix.zeros(chosen.length, from.cols());
        for (int i = 0; i < chosen.length; i++) {
            for (int j = 0; j < from.cols(); j++) {
                picked.set(i, j, from.get(chosen[i], j));
            }
        }
        return picked;
    }

    private static Matrix read(String file, String column) {
        HadoopConf conf = new HadoopConf(new Configuration());
        ParquetTable table = ParquetTable.open(conf, InputFiles.list(conf, file), List.of(column), null);
        int d = table.cols();
        Matrix matrix = Matrix.zeros((int) table.rows(), d);
        Layout layout = Layout.of(table.rows(), 8L * d, 0);
        double[] row = new double[d];
        try (Arena arena = new Arena();
                BlockStream blocks = table.source(Precision.DOUBLE, layout).open(layout.all(), false, arena)) {
            for (Block block = blocks.next(); block != null; block = blocks.next()) {
                for (int i = 0; i < block.rows(); i++) {
                    OffHeap.get(block.first().row(i), row, 0, d);
                    for (int j = 0; j < d; j++) {
                        matrix.set((int) block.firstRow() + i, j, row[j]);
                    }
                }
            }
        }
        return matrix;
    }
}
