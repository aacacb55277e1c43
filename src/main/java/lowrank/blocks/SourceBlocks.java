package lowrank.blocks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/**
 * The part of {@link RowBlocks} that is the same everywhere: maps are collected, the first pass checks the input, later ones
 * compare with it, nodes are merged in the tree. What is left to an implementation is where tasks run.
 */
public abstract class SourceBlocks implements RowBlocks {
    private final BlockSource source;
    private final List<BlockMap> maps;
    private final Checked checked;
    private final List<LeafRange> pinned;

    /** What is known of the input; shared by all views of one source. */
    private static final class Checked {
        private Facts facts;
        private final Set<String> kernels = new TreeSet<>();
    }

    protected SourceBlocks(BlockSource source) {
        this.source = source;
        this.maps = List.of();
        this.checked = new Checked();
        this.pinned = null;
    }

    /** A view of {@code parent} through one more map. */
    protected SourceBlocks(SourceBlocks parent, BlockMap map) {
        this.source = parent.source;
        List<BlockMap> longer = new ArrayList<>(parent.maps);
        longer.add(map);
        this.maps = List.copyOf(longer);
        this.checked = parent.checked;
        this.pinned = map instanceof PrefixMap<?> prefixes ? prefixes.ranges() : parent.pinned;
    }

    /** The ranges that the tasks of this view must have, or null: those for which the sums before them are known. */
    protected final List<LeafRange> pinned() {
        return pinned;
    }

    /** Runs the task over all leaves, in parallel where there is something to gain; results in any order. */
    protected abstract <N> List<LeafTask.Result<N>> run(LeafTask<N> task);

    /**
     * The same, where not every task's own node is needed: results of neighbours may have been merged ({@link LeafTask#merged}), the
     * same number of ranges in each but the last.
     */
    protected <N> List<LeafTask.Result<N>> runMerged(LeafTask<N> task) {
        return run(task);
    }

    @Override
    public final Schema schema() {
        return task(null, Pass.nothing()).schema();
    }

    private <N> LeafTask<N> task(RowSink sink, Pass<N> pass) {
        return new LeafTask<>(source, checked.facts, maps, sink, pass, Backend.chosen());
    }

    @Override
    public final Layout layout() {
        return source.layout();
    }

    /** What the first pass found, or null before it and of what was settled. */
    public final Facts facts() {
        return checked.facts;
    }

    /** The BLAS and core types of all processes that computed: with more than one, bits are not promised. */
    public final List<String> kernels() {
        return List.copyOf(checked.kernels);
    }

    @Override
    public final <N> N pass(Pass<N> pass) {
        return visit(null, pass).sum();
    }

    @Override
    public final <N> Output<N> write(RowSink sink, Pass<N> alongside) {
        return visit(sink, alongside);
    }

    @Override
    public final <N> RowBlocks scan(Scan<N> scan) {
        List<LeafTask.Result<N>> results = inOrder(run(task(null, new BlockSums<>(scan.sum()))));
        List<LeafRange> ranges = new ArrayList<>();
        List<N> before = new ArrayList<>();
        try (Arena arena = new Arena()) {
            // All ranges but the last have the same number of leaves: they are the leaves of the upper part of the
            // tree.
            NodeStack<N> stack = new NodeStack<>(scan.sum().open(arena, schema(), layout()));
            for (LeafTask.Result<N> result : results) {
                ranges.add(result.range());
                before.add(stack.prefix(null));
                stack.push(result.node());
            }
        }
        return map(new PrefixMap<>(scan, ranges, before));
    }

    /** What a pass left, in the order of the rows; what it saw is known from now on. */
    private <N> List<LeafTask.Result<N>> inOrder(List<LeafTask.Result<N>> unordered) {
        List<LeafTask.Result<N>> results = new ArrayList<>(unordered);
        results.sort(Comparator.comparingLong(r -> r.range().from()));
        if (checked.facts == null && !source.isSettled()) {
            Facts facts = results.stream()
                    .map(LeafTask.Result::facts)
                    .reduce(Facts::then)
                    .orElseThrow();
            if (facts.offenders().count() > 0) {
                throw new DataException(facts.offenders().sentence(source::place, source.remedy()));
            }
            checked.facts = facts;
        }
        results.forEach(result -> checked.kernels.addAll(result.kernels()));
        return results;
    }

    private <N> Output<N> visit(RowSink sink, Pass<N> pass) {
        List<N> nodes = new ArrayList<>();
        List<RowSink.Written> parts = new ArrayList<>();
        for (LeafTask.Result<N> result : inOrder(runMerged(task(sink, pass)))) {
            nodes.add(result.node());
            parts.addAll(result.parts());
        }
        try (Arena arena = new Arena()) {
            return new Output<>(parts, LeafTask.root(nodes, pass.open(arena, schema(), layout())));
        }
    }

    @Override
    public final double[] firstRow() {
        try (Arena arena = new Arena();
                BlockStream stream = source.open(new LeafRange(0, 1), false, arena)) {
            Block block = stream.next();
            Schema schema = source.schema();
            for (BlockMap map : maps) {
                block = map.open(arena, schema, layout()).map(block);
                schema = map.schema(schema);
            }
            Slab slab = block.first();
            double[] row = new double[slab.width()];
            if (slab.precision() == Precision.DOUBLE) {
                OffHeap.get(slab.address(), row, 0, row.length);
            } else {
                float[] floats = new float[row.length];
                OffHeap.get(slab.address(), floats, 0, row.length);
                for (int i = 0; i < row.length; i++) {
                    row[i] = floats[i];
                }
            }
            return row;
        }
    }
}
