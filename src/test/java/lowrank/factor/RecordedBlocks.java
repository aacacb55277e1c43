package lowrank.factor;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.BlockMap;
import lowrank.blocks.BlockSource;
import lowrank.blocks.LeafTask;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.SourceBlocks;

/** Rows that keep a list of the passes over them. */
final class RecordedBlocks extends SourceBlocks {
    private final BlockSource source;
    private final List<PlannedPass> passes;

    private RecordedBlocks(BlockSource source) {
        super(source);
        this.source = source;
        this.passes = new ArrayList<>();
    }

    private RecordedBlocks(RecordedBlocks parent, BlockMap map) {
        super(parent, map);
        this.source = parent.source;
        this.passes = parent.passes;
    }

    static RecordedBlocks of(BlockSource source) {
        return new RecordedBlocks(source);
    }

    List<PlannedPass> passes() {
        return passes;
    }

    @Override
    protected <N> List<LeafTask.Result<N>> run(LeafTask<N> task) {
        passes.add(new PlannedPass(task.pass().label(), task.flops()));
        try (Arena arena = new Arena()) {
            return List.of(task.run(source.layout().all(), arena, rows -> {}));
        }
    }

    @Override
    public RowBlocks map(BlockMap map) {
        return new RecordedBlocks(this, map);
    }
}
