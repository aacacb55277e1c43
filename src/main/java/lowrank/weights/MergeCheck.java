package lowrank.weights;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import lowrank.io.checkpoint.StoredTensor;

/** Measures a tensor of a merged model against that of its base and what adapters add to it, or the tensor that took its place. */
public record MergeCheck(HadoopConf conf) implements Serializable {
    private static final double ROUNDOFF = 0x1p-53;

    /**
     * A tensor to look at.
     *
     * @param merged what the merged model holds of it
     */
    public record Task(Merging.Target target, StoredTensor merged) implements Serializable {}

    /**
     * What was found; of a tensor that was replaced whole only whether it is the other one, rounded.
     *
     * @param same whether it is; true where adapters add to it
     * @param norm ||W||_F
     * @param delta ||W' - W||_F before rounding: the norm of what is added
     * @param rounding ||what is stored - (W + sum)||_F
     * @param accepted how far delta and rounding may be from other computations of them
     * @param ulps what the largest |stored - (w + sum)| is at least, in units of the last place of what is stored
     */
    public record Found(boolean same, double norm, double delta, double rounding, double accepted, double ulps)
            implements Serializable {}

    /** Bytes off the heap for one tensor. */
    public long bytes(Merging.Target target) {
        long factors =
                target.parts().stream().mapToLong(part -> part.module().count()).sum();
        long in = target.weight() == null ? 0 : target.weight().in();
        return 8 * (2 * target.tensor().count() + factors) + Products.bytes(in);
    }

    /** Looks at one tensor. */
    public Found run(Task task, Arena arena) {
        Merging.Target target = task.target();
        if (target.whole() != null) {
            return new Found(isWhole(task, arena), 0, 0, 0, 0, 0);
        }
        Weight weight = target.weight();
        Slab w = weight.load(conf, arena);
        Slab stored = Weight.of(task.merged(), weight.view()).load(conf, arena);
        Products sum = new Products(
                weight.out(),
                weight.in(),
                target.parts().stream()
                        .map(part ->
                                new Products.Term(part.times(), part.module().load(conf, arena)))
                        .toList());
        double norm = Products.norm(w);
        return new Rounding(sum, w, stored, task.merged().type(), arena)
                .found(norm, sum.rounding(norm) + 2 * ROUNDOFF * Products.norm(stored));
    }

    /** Whether the merged tensor is the one that took its place; of that one matrices are (out, in). */
    private boolean isWhole(Task task, Arena arena) {
        StoredTensor merged = task.merged();
        StoredTensor whole = task.target().whole();
        long count = merged.count();
        long there = SideFile.isTurned(task.target().tensor())
                ? Weight.of(merged, Weight.View.IN_OUT).load(conf, arena).address()
                : SideFile.numbers(conf, merged, arena);
        long given = SideFile.numbers(conf, whole, arena);
        double[] left = new double[OffHeap.TILE];
        double[] right = new double[OffHeap.TILE];
        for (long from = 0; from < count; from += OffHeap.TILE) {
            int some = (int) Math.min(OffHeap.TILE, count - from);
            OffHeap.get(there + 8 * from, left, 0, some);
            OffHeap.get(given + 8 * from, right, 0, some);
            merged.type().rounded(right, some, right);
            for (int i = 0; i < some; i++) {
                if (left[i] != right[i]) {
                    return false;
                }
            }
        }
        return whole.count() == count;
    }

    /** What was rounded, number by number: e = stored - w - sum. */
    private static final class Rounding {
        private final Products sum;
        private final Slab w;
        private final Slab stored;
        private final double place;
        private final Arena arena;
        private final double[][] left;
        private final double[][] right;
        private double delta;
        private double squares;
        private double ulps;

        Rounding(Products sum, Slab w, Slab stored, ElementType type, Arena arena) {
            this.sum = sum;
            this.w = w;
            this.stored = stored;
            this.arena = arena;
            place = 2 * type.roundoff();
            List<Products.Term> terms = sum.terms();
            left = new double[terms.size()][];
            right = new double[terms.size()][];
            for (int t = 0; t < left.length; t++) {
                FactorPair factors = terms.get(t).factors();
                // Each number of the product is off by this times the norms of its two rows, here and where it was
                // added.
                double unit = 2
                        * (factors.rank() + 2)
                        * ROUNDOFF
                        * Math.abs(terms.get(t).times());
                left[t] = rowNorms(factors.outFactor(), unit);
                right[t] = rowNorms(factors.inFactor(), 1);
            }
        }

        private static double[] rowNorms(Slab factor, double times) {
            double[] norms = new double[factor.rows()];
            for (int i = 0; i < norms.length; i++) {
                norms[i] = times * FactorPair.norm(factor.row(i), factor.width());
            }
            return norms;
        }

        Found found(double norm, double accepted) {
            sum.visit(arena, this::rows);
            return new Found(true, norm, delta, squares, accepted, ulps);
        }

        private void rows(int first, int count, long p) {
            int in = w.width();
            delta = Math.hypot(delta, FactorPair.norm(p, (long) count * in));
            double[] added = new double[in];
            double[] before = new double[in];
            double[] after = new double[in];
            for (int i = 0; i < count; i++) {
                OffHeap.get(p + 8L * i * in, added, 0, in);
                OffHeap.get(w.row(first + i), before, 0, in);
                OffHeap.get(stored.row(first + i), after, 0, in);
                row(first + i, added, before, after);
            }
        }

        private void row(int row, double[] added, double[] before, double[] after) {
            double part = 0;
            for (int j = 0; j < added.length; j++) {
                double off = Math.abs(after[j] - before[j] - added[j]);
                part += off * off;
                double slack = 2 * ROUNDOFF * (Math.abs(after[j]) + Math.abs(before[j]));
                for (int t = 0; t < left.length; t++) {
                    slack += left[t][row] * right[t][j];
                }
                double unit = place * StorageNoise.binade(after[j]);
                if (off > slack && unit > 0) {
                    ulps = Math.max(ulps, (off - slack) / unit);
                }
            }
            squares = Math.hypot(squares, Math.sqrt(part));
        }
    }
}
