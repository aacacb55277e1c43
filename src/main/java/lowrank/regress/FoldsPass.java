package lowrank.regress;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.Schema;

/**
 * The sums of {@link NormalPass} for each fold by itself, in one read: rows of a block are sorted by fold, then one syrk and one gemm per
 * fold. <b>Cost</b>: the flops of {@link NormalPass}, and a copy of the rows; sums and nodes are {@code folds} times its.
 *
 * @param folds which rows are held out together
 * @param origin what is subtracted from each target
 */
record FoldsPass(Folds folds, double[] origin) implements Pass<FoldSums> {

    /**
     * Sums over a table.
     *
     * @throws lowrank.blocks.DataException when a weight is negative or not finite, or one fold has all the rows
     */
    static FoldSums over(RowBlocks rows, Folds folds, double[] origin) {
        return rows.pass(new FoldsPass(folds, origin)).sound();
    }

    @Override
    public String label() {
        return "normal equations of " + folds.count() + " folds";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return new NormalPass(origin).flops(rows, schema);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return folds.count() * new NormalPass(origin).nodeBytes(schema);
    }

    @Override
    public Fold<FoldSums> open(Arena arena, Schema schema, Layout layout) {
        FoldGather gather = new FoldGather(arena, schema, layout, folds);
        List<NormalFold> sums = new ArrayList<>();
        NormalFold.Copies copies = NormalFold.Copies.of(arena, schema, layout);
        for (int f = 0; f < folds.count(); f++) {
            sums.add(new NormalFold(arena, schema, origin, copies));
        }
        return new Fold<>() {
            @Override
            public void add(Block block) {
                gather.visit(block, (f, rows, positions) -> sums.get(f).add(rows, positions));
            }

            @Override
            public FoldSums takeLeaf() {
                return new FoldSums(
                        new ArrayList<>(sums.stream().map(NormalFold::takeLeaf).toList()));
            }

            @Override
            public FoldSums merge(FoldSums left, FoldSums right) {
                List<NormalSums> merged = new ArrayList<>();
                for (int f = 0; f < folds.count(); f++) {
                    merged.add(
                            sums.get(f).merge(left.folds().get(f), right.folds().get(f)));
                }
                return new FoldSums(merged);
            }
        };
    }
}
