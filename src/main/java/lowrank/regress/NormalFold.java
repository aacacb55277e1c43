package lowrank.regress;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Column;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.factor.CrossSum;
import lowrank.factor.GramSum;

/** Sums a leaf of {@link NormalSums}: syrk and gemm per block on rows times sqrt(w), which are scaled in own memory. */
final class NormalFold implements Fold<NormalSums> {
    private final Precision precision;
    private final int d;
    private final int t;
    private final boolean weighted;
    private final double[] origin;
    private final GramSum gram;
    private final CrossSum cross;
    private final Weights weights;
    private final RowReader targetReader;
    private final RowBuffer right;
    private final RowScaler scaler;
    private double[] targetSums;
    private double[] targetSquares;
    private double weight;
    private long rows;
    private long badWeight = -1;

    /** What a block is copied into: for one that is summed after another, the same memory. */
    record Copies(RowBuffer targets, RowScaler features) {
        static Copies of(Arena arena, Schema schema, Layout layout) {
            Precision precision = schema.first().precision();
            int rows = layout.blockRows();
            return new Copies(
                    new RowBuffer(arena, schema.columns().get(1).width() + 1, precision, rows),
                    new RowScaler(arena, schema.first().width(), precision, rows));
        }
    }

    NormalFold(Arena arena, Schema schema, double[] origin, Copies copies) {
        List<Column> columns = schema.columns();
        precision = schema.first().precision();
        d = schema.first().width();
        t = columns.get(1).width();
        weighted = columns.size() > 2;
        this.origin = origin;
        gram = new GramSum(arena, d, precision);
        cross = new CrossSum(arena, d, t + 1, precision);
        weights = new Weights(schema);
        targetReader = new RowReader(columns.get(1));
        right = copies.targets();
        scaler = copies.features();
        targetSums = new double[t];
        targetSquares = new double[t];
    }

    @Override
    public void add(Block block) {
        add(block, null);
    }

    /**
     * Adds rows of the current leaf.
     *
     * @param positions where they stand in their block, or null for all in order
     */
    void add(Block block, int[] positions) {
        double[] w = weights.read(block);
        double[] roots = new double[block.rows()];
        for (int i = 0; i < block.rows(); i++) {
            if (!(w[i] >= 0) || Double.isInfinite(w[i])) {
                if (badWeight < 0) {
                    badWeight = block.firstRow() + (positions == null ? i : positions[i]);
                }
                continue;
            }
            roots[i] = Math.sqrt(w[i]);
            weight += w[i];
            rows += w[i] > 0 ? 1 : 0;
        }
        Slab targets = targets(block, w, roots);
        Slab features = block.first();
        if (weighted && d > 0) {
            features = scaler.scaled(features, roots);
        }
        gram.add(features);
        if (d > 0) {
            cross.add(features, targets);
        }
    }

    /** sqrt(w) [y - origin, 1]; the sums of y on the way. */
    private Slab targets(Block block, double[] w, double[] roots) {
        Slab y = block.columns().get(1);
        for (int first = 0; first < block.rows(); first += targetReader.panelRows()) {
            int count = Math.min(targetReader.panelRows(), block.rows() - first);
            double[] values = targetReader.read(y, first, count);
            for (int i = 0; i < count; i++) {
                double root = roots[first + i];
                for (int j = 0; j < t; j++) {
                    double value = values[i * t + j] - origin[j];
                    targetSums[j] += w[first + i] * value;
                    targetSquares[j] += w[first + i] * value * value;
                    right.row()[j] = root * value;
                }
                right.row()[t] = root;
                right.put(first + i);
            }
        }
        return right.slab(block.rows());
    }

    @Override
    public NormalSums takeLeaf() {
        NormalSums leaf = new NormalSums(
                gram.take(),
                d > 0 ? cross.take() : lowrank.linalg.Matrix.zeros(0, t + 1),
                targetSums,
                targetSquares,
                weight,
                rows,
                badWeight,
                precision);
        targetSums = new double[t];
        targetSquares = new double[t];
        weight = 0;
        rows = 0;
        badWeight = -1;
        return leaf;
    }

    @Override
    public NormalSums merge(NormalSums left, NormalSums right) {
        return left.joined(
                right, gram.merge(left.gram(), right.gram()), left.cross().plus(right.cross()));
    }
}
