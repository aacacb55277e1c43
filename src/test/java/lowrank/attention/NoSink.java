package lowrank.attention;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowSink;
import lowrank.blocks.Schema;

/** Writes nothing. */
record NoSink() implements RowSink {
    @Override
    public Part open(LeafRange range, Schema schema, Layout layout, Arena arena) {
        return new Part() {
            private long rows;

            @Override
            public void append(Block block) {
                rows += block.rows();
            }

            @Override
            public Written finish() {
                return new Written(range, "none", rows, 0, new byte[0]);
            }

            @Override
            public void close() {}
        };
    }
}
