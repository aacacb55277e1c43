package lowrank.regress;

import java.io.Serializable;
import java.util.List;
import lowrank.blocks.DataException;

/** Sums over the rows of each fold. */
record FoldSums(List<NormalSums> folds) implements Serializable {

    /** The sums over all rows. */
    NormalSums total() {
        NormalSums total = folds.get(0);
        for (NormalSums fold : folds.subList(1, folds.size())) {
            total = total.plus(fold);
        }
        return total;
    }

    /** These sums, if every fold leaves rows to fit on. */
    FoldSums sound() {
        NormalSums total = total().sound();
        for (int f = 0; f < folds.size(); f++) {
            if (total.rows() == folds.get(f).rows()) {
                throw new DataException("all " + total.rows() + " rows with a weight above 0 fall into fold " + f
                        + " of " + folds.size() + ", so nothing is left to fit on; give more rows, or set"
                        + " solve.select = gcv");
            }
        }
        return this;
    }
}
