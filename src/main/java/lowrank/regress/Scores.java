package lowrank.regress;

import java.io.Serializable;
import lowrank.linalg.Matrix;

/** How predictions compare with what is known of their rows, each counted w times. */
public sealed interface Scores extends Serializable {

    /** Sum of the weights. */
    double weight();

    /**
     * Of numbers.
     *
     * @param rss sum of w (y - f)^2 per target
     * @param means of the targets
     * @param squares sum of w (y - mean)^2 per target
     */
    record Numbers(double weight, double[] rss, double[] means, double[] squares) implements Scores {
        /** The root of the mean squared error of a target. */
        public double rmse(int target) {
            return Math.sqrt(rss[target] / weight);
        }

        /** R^2 = 1 - RSS / sum of w (y - mean)^2; not a number where the target is constant. */
        public double r2(int target) {
            return squares[target] > 0 ? 1 - rss[target] / squares[target] : Double.NaN;
        }
    }

    /**
     * Of classes.
     *
     * @param wrong weight of rows put into a wrong class
     * @param unknown weight of rows whose label is no class of the model; part of {@code wrong}
     * @param confusion weight of rows of class i put into class j, at (i, j); null for more than {@value #MOST} classes
     */
    record Labels(double weight, double wrong, double unknown, Matrix confusion) implements Scores {
        /** More classes are not compared one by one. */
        public static final int MOST = 1000;

        /** The part of the weight that is put into a wrong class. */
        public double errorRate() {
            return wrong / weight;
        }
    }
}
