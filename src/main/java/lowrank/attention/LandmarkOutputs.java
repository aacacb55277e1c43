package lowrank.attention;

import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * Outputs by a few keys that stand for all: O = softmax(scale Q K_l' + bias) M.
 *
 * @param keys K_l, a column each, d x m
 * @param values M, a column for each key, dv x m
 * @param bias what the scores of each key gain, such as the logarithm of how many it stands for; null for nothing
 */
record LandmarkOutputs(Matrix keys, Matrix values, double[] bias, double scale) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return input.with(new Column("values", values.rows(), input.first().precision()));
    }

    @Override
    public boolean reads(int column) {
        return column == Heads.QUERY || column == Heads.MASK;
    }

    @Override
    public double flops(long rows, Schema input) {
        return 2.0 * rows * keys.cols() * (keys.rows() + values.rows());
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        Precision precision = input.first().precision();
        Schema landmarks = new Schema(
                java.util.List.of(
                        new Column("q", keys.rows(), precision),
                        new Column("k", keys.rows(), precision),
                        new Column("v", values.rows(), precision)),
                input.ids());
        StreamingSoftmax softmax = new StreamingSoftmax(arena, layout.blockRows(), scale, landmarks);
        softmax.bias(bias);
        Slab k = new Slab(RightProduct.store(keys, precision, arena), keys.cols(), keys.rows(), precision);
        Slab m = new Slab(RightProduct.store(values, precision, arena), values.cols(), values.rows(), precision);
        long outputs = arena.allocate((long) layout.blockRows() * values.rows(), precision);
        Shown shown = new Shown(input);
        return block -> {
            softmax.start(block.first(), null);
            softmax.add(k, m, 0, null);
            shown.read(Heads.mask(block), block.rows());
            Slab out = new Slab(outputs, block.rows(), values.rows(), precision);
            softmax.outputs(out, shown);
            return block.with(out);
        };
    }
}
