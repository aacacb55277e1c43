package lowrank.factor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.MatrixRows;
import lowrank.linalg.Matrix;

/** What the tests of this package measure, for the benchmark that prints it. */
public final class AccuracyAccess {
    private AccuracyAccess() {}

    /** Normal columns with deviations 1, 2, 4, 8, 1, ..., all with one mean; column {@code constant} is constant. */
    public static Matrix shifted(int rows, int cols, double mean, int constant) {
        return Cases.shifted(rows, cols, mean, constant, 9);
    }

    /** The same, centred and scaled exactly. */
    public static Matrix centred(Matrix a, boolean scale) {
        Exact exact = Exact.of(a, true, scale);
        return exact.matrix().scaleColumns(Magnitude.filled(a.cols(), 1 / exact.unit()));
    }

    /** For each of LAPACK's types of test matrices the worst ratios of tsqr over its sizes and blocks: name, r1, r2, r3. */
    public static List<String> lapackTypes() {
        List<String> lines = new ArrayList<>();
        for (LapackTypesTest.Type type : LapackTypesTest.Type.values()) {
            double[] worst = new double[3];
            for (int blockRows : LapackTypesTest.BLOCKS) {
                for (int[] size : LapackTypesTest.SIZES) {
                    double[] ratios = LapackTypesTest.ratios(Measured.of(
                            new Tsqr(new RankRule.Full(), false, false, true),
                            LapackTypesTest.source(type, size, blockRows),
                            7));
                    for (int i = 0; i < 3; i++) {
                        worst[i] = Math.max(worst[i], ratios[i]);
                    }
                }
            }
            String name = type.name().toLowerCase(Locale.ROOT).replace('_', ' ');
            lines.add(String.format(Locale.ROOT, "%s | %.2f | %.2f | %.2f", name, worst[0], worst[1], worst[2]));
        }
        return lines;
    }

    /** The worst of 20 seeds: spectral error of block-krylov, k = 20, n = 1000, over s_21, and max |U^T U - I|. */
    public static double[] truncated(String spectrum) {
        int n = 1000;
        double[] s = KnownSpectrum.values(spectrum, n);
        MatrixRows source = new MatrixRows(
                Matrix.identity(n).scaleColumns(s), "features", Precision.DOUBLE, new Layout(n, 256, 256));
        double[] worst = new double[2];
        for (int seed = 0; seed < 20; seed++) {
            BlockKrylov krylov = new BlockKrylov(new RankRule.Fixed(20), false, false, true, Sketch.of(seed));
            Measured measured = Measured.of(krylov, source, 1);
            worst[0] = Math.max(worst[0], measured.error()[0] / measured.unit() / s[20]);
            worst[1] = Math.max(worst[1], measured.u().orthogonalityDefect());
        }
        return worst;
    }
}
