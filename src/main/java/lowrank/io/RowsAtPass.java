package lowrank.io;

import java.util.Arrays;
import java.util.stream.LongStream;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Offenders;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;

/**
 * The first two rows of a position of a group, or as many as there are.
 *
 * @param group see {@link KeyCodes}
 */
record RowsAtPass(PositionColumns columns, long group, long wanted) implements Pass<long[]> {
    private static final int MOST = 2;

    @Override
    public String label() {
        return "rows of a position";
    }

    @Override
    public Fold<long[]> open(Arena arena, Schema schema, Layout layout) {
        GroupRows rows = new GroupRows(columns.codes(), columns.name(), false);
        return new Fold<>() {
            private long[] found = new long[0];

            @Override
            public void add(Block block) {
                rows.visit(block, 0, new Offenders(), (row, code, position, shown) -> {
                    if (code == group && position == wanted) {
                        found = merge(found, new long[] {block.firstRow() + row});
                    }
                });
            }

            @Override
            public long[] takeLeaf() {
                long[] leaf = found;
                found = new long[0];
                return leaf;
            }

            @Override
            public long[] merge(long[] left, long[] right) {
                return LongStream.concat(Arrays.stream(left), Arrays.stream(right))
                        .limit(MOST)
                        .toArray();
            }
        };
    }
}
