package lowrank.io;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;

/**
 * Finds the groups of a table and whether they lie in order, from position, keys and, where there is one, the mask.
 *
 * @param position name of the column
 */
record PositionPass(KeyCodes codes, String position, boolean masked) implements Pass<GroupRuns> {
    @Override
    public String label() {
        return "positions";
    }

    @Override
    public Fold<GroupRuns> open(Arena arena, Schema schema, Layout layout) {
        GroupRows rows = new GroupRows(codes, position, masked);
        return new Fold<>() {
            private final GroupRuns.Builder runs = new GroupRuns.Builder();

            @Override
            public void add(Block block) {
                rows.visit(
                        block,
                        0,
                        runs.flaws(),
                        (row, code, at, shown) -> runs.add(code, block.firstRow() + row, at, shown));
            }

            @Override
            public GroupRuns takeLeaf() {
                return runs.take();
            }

            @Override
            public GroupRuns merge(GroupRuns left, GroupRuns right) {
                return left.then(right);
            }
        };
    }
}
