package lowrank.io;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Offenders;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;

/**
 * Looks which positions of a group occur.
 *
 * @param group see {@link KeyCodes}
 * @param start the first position that is looked for
 * @param count positions that are looked for
 */
record SeenPass(PositionColumns columns, long group, long start, long count) implements Pass<SeenPositions> {
    @Override
    public String label() {
        return "positions of a group";
    }

    @Override
    public long nodeBytes(Schema schema) {
        return count / 8;
    }

    @Override
    public Fold<SeenPositions> open(Arena arena, Schema schema, Layout layout) {
        GroupRows rows = new GroupRows(columns.codes(), columns.name(), false);
        return new Fold<>() {
            private SeenPositions seen;
            private long twice = -1;

            @Override
            public void add(Block block) {
                rows.visit(block, 0, new Offenders(), (row, code, position, shown) -> {
                    long at = position - start;
                    if (code == group && at >= 0 && at < count) {
                        take(at);
                    }
                });
            }

            private void take(long at) {
                seen = seen == null ? SeenPositions.none(count) : seen;
                long bit = 1L << at;
                int word = (int) (at / 64);
                if ((seen.bits()[word] & bit) != 0) {
                    twice = SeenPositions.lesser(twice, at);
                }
                seen.bits()[word] |= bit;
            }

            @Override
            public SeenPositions takeLeaf() {
                SeenPositions leaf =
                        seen == null ? SeenPositions.none(count) : new SeenPositions(seen.bits(), count, twice);
                seen = null;
                twice = -1;
                return leaf;
            }

            @Override
            public SeenPositions merge(SeenPositions left, SeenPositions right) {
                return left.and(right);
            }
        };
    }
}
