package lowrank.blocks;

import lowrank.blas.Arena;

record BothPass<P, Q>(Pass<P> first, Pass<Q> second) implements Pass<Pass.Both<P, Q>> {
    @Override
    public String label() {
        return first.label().isEmpty()
                ? second.label()
                : second.label().isEmpty() ? first.label() : first.label() + " + " + second.label();
    }

    @Override
    public boolean reads(int column) {
        return first.reads(column) || second.reads(column);
    }

    @Override
    public double flops(long rows, Schema schema) {
        return first.flops(rows, schema) + second.flops(rows, schema);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return first.nodeBytes(schema) + second.nodeBytes(schema);
    }

    @Override
    public Fold<Both<P, Q>> open(Arena arena, Schema schema, Layout layout) {
        Fold<P> one = first.open(arena, schema, layout);
        Fold<Q> two = second.open(arena, schema, layout);
        return new Fold<>() {
            @Override
            public void add(Block block) {
                one.add(block);
                two.add(block);
            }

            @Override
            public Both<P, Q> takeLeaf() {
                return new Both<>(one.takeLeaf(), two.takeLeaf());
            }

            @Override
            public Both<P, Q> merge(Both<P, Q> left, Both<P, Q> right) {
                return new Both<>(one.merge(left.first(), right.first()), two.merge(left.second(), right.second()));
            }
        };
    }
}
