package lowrank.kernel;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/** A table with the features of its rows in place of its first column; other columns stay as they are. */
public record Features(FeatureMap features) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        if (input.first().width() != features.inputs()) {
            throw new IllegalArgumentException(
                    "the rows have " + input.first().width() + " values, the feature map takes " + features.inputs());
        }
        List<Column> columns = new ArrayList<>(input.columns());
        columns.set(0, new Column("values", features.size(), input.first().precision()));
        return new Schema(columns, input.ids());
    }

    @Override
    public double flops(long rows, Schema input) {
        return features.flops(rows);
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        FeatureMap.Mapper mapper = features.open(arena, input.first(), layout);
        return block -> {
            List<Slab> columns = new ArrayList<>(block.columns());
            columns.set(0, mapper.map(block.first(), block.firstRow()));
            return new Block(block.firstRow(), block.rows(), columns, block.ids(), block.offenders());
        };
    }
}
