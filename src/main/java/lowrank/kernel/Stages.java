package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Slab;

/**
 * Features of features: the second map takes what the first one makes.
 *
 * @param kernel what both together stand for
 */
record Stages(Kernel kernel, FeatureMap first, FeatureMap second) implements FeatureMap {
    Stages {
        if (first.size() != second.inputs()) {
            throw new IllegalArgumentException(
                    "the first map makes " + first.size() + " features, the second takes " + second.inputs());
        }
    }

    @Override
    public int inputs() {
        return first.inputs();
    }

    @Override
    public int size() {
        return second.size();
    }

    @Override
    public double flops(long rows) {
        return first.flops(rows) + second.flops(rows);
    }

    private Column between(Column input) {
        return new Column(input.name(), first.size(), input.precision());
    }

    @Override
    public long mapperBytes(Layout layout, Column input) {
        return first.mapperBytes(layout, input) + second.mapperBytes(layout, between(input));
    }

    @Override
    public Mapper open(Arena arena, Column input, Layout layout) {
        Mapper one = first.open(arena, input, layout);
        Mapper two = second.open(arena, between(input), layout);
        return new Mapper() {
            @Override
            public Slab map(Slab rows) {
                return map(rows, 0);
            }

            @Override
            public Slab map(Slab rows, long firstRow) {
                return two.map(one.map(rows, firstRow), firstRow);
            }
        };
    }
}
