package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;

/**
 * {@link Nystrom} by its sizes alone, for plans: what it costs is known before there are landmarks.
 *
 * @param landmarks m
 * @param size features, of which there are at most m
 */
public record PlannedNystrom(Kernel kernel, int landmarks, int inputs, int size) implements FeatureMap {

    @Override
    public double flops(long rows) {
        return CrossKernel.flops(rows, landmarks, inputs) + 2.0 * rows * landmarks * size;
    }

    @Override
    public long mapperBytes(Layout layout, Column input) {
        long product = RightProduct.entries(layout.blockRows(), size) + (long) landmarks * size;
        return CrossKernel.bytes(kernel, landmarks, input, layout)
                + product * input.precision().bytes();
    }

    @Override
    public Mapper open(Arena arena, Column input, Layout layout) {
        throw new IllegalStateException("a plan maps nothing");
    }
}
