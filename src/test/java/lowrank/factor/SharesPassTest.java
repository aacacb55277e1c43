package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.PairedSource;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

class SharesPassTest {
    private static final int ROWS = 300;
    private static final Layout LAYOUT = new Layout(ROWS, 64, 16);

    private static Shares of(Matrix values, Matrix beside, boolean whole) {
        return LocalBlocks.of(new PairedSource(
                        new MatrixRows(values, "values", Precision.DOUBLE, LAYOUT),
                        new MatrixRows(beside, "beside", Precision.DOUBLE, LAYOUT)))
                .pass(new SharesPass(1, whole));
    }

    /** Norms of what is left and whole squares say the same of the same rows. */
    @Test
    void rowsAreCountedByWhatIsMissed() {
        Random random = new Random(5);
        Matrix z = Matrix.zeros(ROWS, 3);
        Matrix rest = Matrix.zeros(ROWS, 1);
        Matrix wholes = Matrix.zeros(ROWS, 1);
        long[] counts = new long[Shares.CLASSES];
        double missed = 0;
        double all = 0;
        for (int i = 0; i < ROWS; i++) {
            double square = 0;
            for (int j = 0; j < 3; j++) {
                z.set(i, j, random.nextGaussian());
                square += z.get(i, j) * z.get(i, j);
            }
            double left = Math.pow(10, -6 * random.nextDouble());
            rest.set(i, 0, left);
            wholes.set(i, 0, square + left * left);
            missed += left * left;
            all += square + left * left;
            counts[(int) Math.floor(-Math.log(left * left / (square + left * left)) / Math.log(2))]++;
        }
        for (Shares shares : new Shares[] {of(z, rest, false), of(z, wholes, true)}) {
            assertThat(shares.part()).isCloseTo(missed / all, within(1e-12));
            assertThat(shares.rows()).isEqualTo(ROWS);
            assertThat(shares.counts()).isEqualTo(counts);
            long below = 0;
            for (int k = Shares.CLASSES - 1; k >= 0; k--) {
                below += counts[k];
                if (counts[k] > 0) {
                    assertThat(shares.atMost(below)).isEqualTo(Math.pow(2, -k));
                }
            }
        }
    }

    @Test
    void rowsOfAnySize() {
        double[][] cases = {{0, 0}, {0, 3}, {2, 0}, {1e300, 1e300}, {1e-300, 1e-300}, {1e-160, 1}};
        double[] parts = {0, 1, 0, 0.5, 0.5, 1};
        Matrix z = Matrix.zeros(ROWS, 1);
        Matrix rest = Matrix.zeros(ROWS, 1);
        for (int i = 0; i < cases.length; i++) {
            z.set(i, 0, cases[i][0]);
            rest.set(i, 0, cases[i][1]);
        }
        Shares shares = of(z, rest, false);
        long[] expected = new long[Shares.CLASSES];
        expected[Shares.CLASSES - 1] = ROWS - cases.length;
        for (double part : parts) {
            expected[Shares.classOf(part)]++;
        }
        // Half to rounding: on either side of the edge.
        long halves = shares.counts()[0] + shares.counts()[1];
        assertThat(halves).isEqualTo(expected[0] + expected[1]);
        assertThat(shares.counts()[Shares.CLASSES - 1]).isEqualTo(expected[Shares.CLASSES - 1]);
        assertThat(shares.part()).as("squares overflow").isNaN();
        assertThat(of(Matrix.zeros(ROWS, 1), Matrix.zeros(ROWS, 1), true).part())
                .isZero();
    }
}
