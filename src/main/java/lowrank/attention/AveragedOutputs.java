package lowrank.attention;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/** The mean of the outputs of several maps. */
record AveragedOutputs(List<BlockMap> maps) implements BlockMap {

    /** Of one map that map itself. */
    static BlockMap of(List<BlockMap> maps) {
        return maps.size() == 1 ? maps.get(0) : new AveragedOutputs(maps);
    }

    @Override
    public Schema schema(Schema input) {
        return maps.get(0).schema(input);
    }

    @Override
    public boolean reads(int column) {
        return maps.stream().anyMatch(map -> map.reads(column));
    }

    @Override
    public double flops(long rows, Schema input) {
        return maps.stream().mapToDouble(map -> map.flops(rows, input)).sum();
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        List<Mapper> mappers = new ArrayList<>();
        maps.forEach(map -> mappers.add(map.open(arena, input, layout)));
        int width = schema(input).first().width();
        Precision precision = schema(input).first().precision();
        long outputs = arena.allocate((long) layout.blockRows() * width, precision);
        RowReader sum = new RowReader(width, precision);
        RowReader next = new RowReader(width, precision);
        RowWriter writer = new RowWriter(precision);
        return block -> {
            Slab out = new Slab(outputs, block.rows(), width, precision);
            for (int m = 0; m < mappers.size(); m++) {
                Slab one = mappers.get(m).map(block).first();
                boolean last = m == mappers.size() - 1;
                for (int first = 0; first < block.rows(); first += sum.panelRows()) {
                    int some = Math.min(sum.panelRows(), block.rows() - first);
                    double[] added = next.read(one, first, some);
                    if (m > 0) {
                        double[] values = sum.read(out, first, some);
                        for (int i = 0; i < some * width; i++) {
                            added[i] = (values[i] + added[i]) / (last ? mappers.size() : 1);
                        }
                    }
                    writer.write(out, first, some, added);
                }
            }
            return block.with(out);
        };
    }
}
