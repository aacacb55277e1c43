package lowrank.factor;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.BlockMap;
import lowrank.blocks.BlockSource;
import lowrank.blocks.LeafTask;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.SourceBlocks;

/** Rows that keep a list of the passes over them; passes, maps and nodes travel as bytes, as they do on a cluster. */
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
        // The sink stays: what is written is looked at here.
        LeafTask<N> arrived = new LeafTask<>(
                source, task.known(), sent(List.copyOf(task.maps())), task.sink(), sent(task.pass()), task.backend());
        try (Arena arena = new Arena()) {
            LeafTask.Result<N> result = arrived.run(source.layout().all(), arena, rows -> {});
            return List.of(new LeafTask.Result<>(
                    result.range(), result.facts(), sent(result.node()), result.part(), result.kernels()));
        }
    }

    /** A copy through serialisation. */
    @SuppressWarnings("unchecked")
    private static <T> T sent(T object) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(object);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                return (T) in.readObject();
            }
        } catch (IOException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public RowBlocks map(BlockMap map) {
        return new RecordedBlocks(this, map);
    }
}
