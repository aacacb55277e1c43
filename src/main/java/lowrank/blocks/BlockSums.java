package lowrank.blocks;

import lowrank.blas.Arena;

/** A pass that sums each block by itself and then joins the blocks of a leaf, the first ones first: what a {@link Scan} does again. */
record BlockSums<N>(Pass<N> pass) implements Pass<N> {

    @Override
    public String label() {
        return pass.label();
    }

    @Override
    public boolean reads(int column) {
        return pass.reads(column);
    }

    @Override
    public double flops(long rows, Schema schema) {
        return pass.flops(rows, schema);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return pass.nodeBytes(schema);
    }

    @Override
    public Fold<N> open(Arena arena, Schema schema, Layout layout) {
        Fold<N> fold = pass.open(arena, schema, layout);
        return new Fold<>() {
            private N leaf;

            @Override
            public void add(Block block) {
                fold.add(block);
                N node = fold.takeLeaf();
                leaf = leaf == null ? node : fold.merge(leaf, node);
            }

            @Override
            public N takeLeaf() {
                N taken = leaf;
                leaf = null;
                return taken;
            }

            @Override
            public N merge(N left, N right) {
                return fold.merge(left, right);
            }
        };
    }
}
