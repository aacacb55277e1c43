package lowrank.blocks;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;

/** Rows visited by one thread of this process: for matrices of one machine's memory, and for tests. */
public final class LocalBlocks extends SourceBlocks {
    private final BlockSource source;
    private final int tasks;

    private LocalBlocks(BlockSource source, int tasks) {
        super(source);
        this.source = source;
        this.tasks = tasks;
    }

    private LocalBlocks(LocalBlocks parent, BlockMap map) {
        super(parent, map);
        this.source = parent.source;
        this.tasks = parent.tasks;
    }

    /** Visits a source in one go. */
    public static LocalBlocks of(BlockSource source) {
        return new LocalBlocks(source, 1);
    }

    /** Visits a source in at least {@code tasks} ranges, where it has as many leaves: the result is the same. */
    public static LocalBlocks of(BlockSource source, int tasks) {
        return new LocalBlocks(source, tasks);
    }

    @Override
    protected <N> List<LeafTask.Result<N>> run(LeafTask<N> task) {
        long leaves = source.layout().leaves();
        List<LeafRange> ranges = LeafRange.aligned(leaves, LeafRange.levelFor(leaves, tasks));
        List<LeafTask.Result<N>> results = new ArrayList<>();
        for (LeafRange range : ranges) {
            try (Arena arena = new Arena()) {
                results.add(task.run(range, arena, rows -> {}));
            }
        }
        return results;
    }

    @Override
    public RowBlocks map(BlockMap map) {
        return new LocalBlocks(this, map);
    }
}
