package lowrank.attention;

import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * Exact outputs: each block of queries reads all keys and values, a block at a time, and holds no scores of more than a tile.
 *
 * <p><b>Cost</b>: 2 n (d + dv) flops and n exponentials per query, half of that where it is causal; n (2 d + dv) numbers are read for
 * each block of queries.
 *
 * @param source the rows of q, k and v themselves
 * @param causal whether a query sees no key behind it
 */
public record ExactOutputs(BlockSource source, boolean causal, double scale) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return input.with(
                new Column("values", Heads.valueWidth(input), input.first().precision()));
    }

    @Override
    public boolean reads(int column) {
        return column == Heads.QUERY || column == Heads.MASK;
    }

    @Override
    public double flops(long rows, Schema input) {
        return 2.0 * rows * rows * (Heads.width(input) + Heads.valueWidth(input)) / (causal ? 2 : 1);
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        Precision precision = input.first().precision();
        int valueWidth = Heads.valueWidth(input);
        StreamingSoftmax softmax = new StreamingSoftmax(arena, layout.blockRows(), scale, source.schema());
        long outputs = arena.allocate((long) layout.blockRows() * valueWidth, precision);
        Shown shown = new Shown(input);
        long[] positions = causal ? new long[layout.blockRows()] : null;
        return block -> {
            for (int i = 0; causal && i < block.rows(); i++) {
                positions[i] = block.firstRow() + i;
            }
            softmax.start(block.first(), positions);
            read(block, arena, softmax);
            shown.read(Heads.mask(block), block.rows());
            Slab out = new Slab(outputs, block.rows(), valueWidth, precision);
            softmax.outputs(out, shown);
            return block.with(out);
        };
    }

    /** All keys that some query of the block sees. */
    private void read(Block block, Arena arena, StreamingSoftmax softmax) {
        BlockSource keys = source.only(column -> column != Heads.QUERY);
        Layout layout = source.layout();
        long end = block.firstRow() + block.rows();
        long leaves = causal ? (end + layout.leafRows() - 1) / layout.leafRows() : layout.leaves();
        try (BlockStream stream = keys.open(new LeafRange(0, leaves), false, arena)) {
            for (Block some = stream.next(); some != null; some = stream.next()) {
                if (causal && some.firstRow() >= end) {
                    return;
                }
                softmax.add(some);
            }
        }
    }
}
