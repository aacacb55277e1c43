package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Schema;

/** The packed rows themselves. */
record Pack(Packing packing) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return input.with(new Column("packed", packing.width(), input.first().precision()));
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        Packing.Packer packer = packing.open(arena, input.first(), layout);
        return block -> block.with(packer.pack(block));
    }
}
