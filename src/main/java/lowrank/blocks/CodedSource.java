package lowrank.blocks;

import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/**
 * A column of text as numbers. The texts are read as the ids of a table, and go on being the ids of the blocks.
 *
 * @param texts a table with ids of text; its columns are passed over
 * @param name of the column
 * @param numbers of the texts; what is not among them becomes {@link Classes#UNKNOWN}
 */
public record CodedSource(BlockSource texts, String name, Map<String, Double> numbers) implements BlockSource {
    @Override
    public Schema schema() {
        return new Schema(
                List.of(new Column(name, 1, Precision.DOUBLE)), texts.schema().ids());
    }

    @Override
    public Layout layout() {
        return texts.layout();
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        BlockStream stream = texts.open(range, true, arena);
        long address = arena.doubles(layout().blockRows());
        double[] values = new double[layout().blockRows()];
        return new BlockStream() {
            @Override
            public Block next() {
                Block block = stream.next();
                if (block == null) {
                    return null;
                }
                String[] all = ((Ids.Texts) block.ids()).values();
                for (int i = 0; i < block.rows(); i++) {
                    Double number = numbers.get(all[i]);
                    values[i] = number == null ? Classes.UNKNOWN : number;
                }
                OffHeap.put(address, values, 0, block.rows());
                return block.with(new Slab(address, block.rows(), 1, Precision.DOUBLE));
            }

            @Override
            public void close() {
                stream.close();
                arena.free(address);
            }
        };
    }

    @Override
    public long chunkRows() {
        return texts.chunkRows();
    }

    @Override
    public String place(long row) {
        return texts.place(row);
    }
}
