package lowrank.blocks;

import java.util.List;
import lowrank.blas.Arena;

/**
 * The lazy half of a {@link Scan}: each task starts from the sum before its range, and goes on by itself.
 *
 * @param ranges those of the pass that summed; later tasks must start where one of them does
 * @param before the sum before each range, null for the first
 */
record PrefixMap<N>(Scan<N> scan, List<LeafRange> ranges, List<N> before) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return scan.schema(input);
    }

    @Override
    public double flops(long rows, Schema input) {
        return scan.flops(rows, input);
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        return new Prefixes(layout, scan.sum().open(arena, input, layout), scan.open(arena, input, layout));
    }

    private final class Prefixes implements Mapper {
        private final Layout layout;
        private final Fold<N> fold;
        private final Scan.Mapper<N> mapper;
        private NodeStack<N> leaves;
        private N beforeRange;
        private N beforeLeaf;
        private N ofLeaf;

        Prefixes(Layout layout, Fold<N> fold, Scan.Mapper<N> mapper) {
            this.layout = layout;
            this.fold = fold;
            this.mapper = mapper;
        }

        @Override
        public Block map(Block block) {
            if (leaves == null) {
                begin(block.firstRow() / layout.leafRows());
            }
            Block mapped = mapper.map(block, ofLeaf == null ? beforeLeaf : joined(beforeLeaf, ofLeaf));
            ofLeaf = joined(ofLeaf, mapper.node(block, fold));
            if ((block.firstRow() + block.rows()) % layout.leafRows() == 0) {
                leaves.push(ofLeaf);
                ofLeaf = null;
                beforeLeaf = leaves.prefix(beforeRange);
            }
            return mapped;
        }

        private N joined(N left, N right) {
            return left == null ? right : fold.merge(left, right);
        }

        private void begin(long leaf) {
            for (int i = 0; i < ranges.size(); i++) {
                if (ranges.get(i).from() == leaf) {
                    leaves = new NodeStack<>(fold);
                    beforeRange = before.get(i);
                    beforeLeaf = beforeRange;
                    return;
                }
            }
            throw new IllegalStateException("a task starts at leaf " + leaf + ", where no range of the scan does");
        }
    }
}
