package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RowSink;
import lowrank.blocks.Schema;

/** Writes the first column of blocks; what lies beside it is for the pass that runs along. */
record FirstColumn(RowSink sink) implements RowSink {

    @Override
    public Part open(LeafRange range, Schema schema, Layout layout, Arena arena) {
        Part part = sink.open(range, schema.with(schema.first()), layout, arena);
        return new Part() {
            @Override
            public void append(Block block) {
                part.append(block.with(block.first()));
            }

            @Override
            public Written finish() {
                return part.finish();
            }

            @Override
            public void close() {
                part.close();
            }
        };
    }
}
