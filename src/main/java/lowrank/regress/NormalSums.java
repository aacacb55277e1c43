package lowrank.regress;

import java.io.Serializable;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.linalg.Entries;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;

/**
 * What ridge regression has to know of its rows: sums over them, each row counted w times. Targets enter as y - origin.
 *
 * @param gram Z'WZ, D x D
 * @param cross Z'W [Y, 1], D x (t + 1): the last column holds the sums of the features
 * @param targetSums Y'w, t
 * @param targetSquares sum of w y^2, t
 * @param weight sum of w, the n of all formulas
 * @param rows rows with a weight above zero
 * @param badWeight the first row whose weight is negative or not a number, or -1
 * @param precision in which the products were formed
 */
public record NormalSums(
        Triangle gram,
        Matrix cross,
        double[] targetSums,
        double[] targetSquares,
        double weight,
        long rows,
        long badWeight,
        Precision precision)
        implements Serializable {

    /** D. */
    public int features() {
        return gram.order();
    }

    /** t. */
    public int targets() {
        return targetSums.length;
    }

    /** Sums of the features, D. */
    double[] featureSums() {
        int d = features();
        double[] sums = new double[d];
        System.arraycopy(cross.values(), d * targets(), sums, 0, d);
        return sums;
    }

    /** Bytes of these sums on the heap. */
    static long bytes(int features, int targets) {
        return lowrank.factor.GramSum.nodeBytes(features) + 8L * features * (targets + 1) + 16L * targets;
    }

    /** These sums, if they are of rows that can be weighted so. */
    NormalSums sound() {
        WeightPass.require(badWeight);
        if (!(weight > 0)) {
            throw new DataException("no row has a weight above 0, so there is nothing to fit; check read.weight");
        }
        return this;
    }

    /** These and others, as new sums. */
    NormalSums plus(NormalSums other) {
        return joined(other, gram.plus(other.gram), cross.plus(other.cross));
    }

    /** These sums around others that were added up already. */
    NormalSums joined(NormalSums other, Triangle grams, Matrix crosses) {
        return new NormalSums(
                grams,
                crosses,
                Entries.sum(targetSums, other.targetSums),
                Entries.sum(targetSquares, other.targetSquares),
                weight + other.weight,
                rows + other.rows,
                badWeight < 0
                        ? other.badWeight
                        : other.badWeight < 0 ? badWeight : Math.min(badWeight, other.badWeight),
                precision);
    }

    /** These less some of them: the sums over the rest of the rows. */
    NormalSums minus(NormalSums part) {
        return new NormalSums(
                gram.minus(part.gram),
                cross.minus(part.cross),
                Entries.difference(targetSums, part.targetSums),
                Entries.difference(targetSquares, part.targetSquares),
                weight - part.weight,
                rows - part.rows,
                badWeight,
                precision);
    }
}
