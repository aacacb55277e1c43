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
    private final List<Sent> sent;

    /**
     * Bytes of a pass on the wire.
     *
     * @param task its maps and the pass itself
     * @param planned as the pass says of its node
     */
    record Sent(long task, long node, long planned) {}

    private RecordedBlocks(BlockSource source) {
        super(source);
        this.source = source;
        this.passes = new ArrayList<>();
        this.sent = new ArrayList<>();
    }

    private RecordedBlocks(RecordedBlocks parent, BlockMap map) {
        super(parent, map);
        this.source = parent.source;
        this.passes = parent.passes;
        this.sent = parent.sent;
    }

    static RecordedBlocks of(BlockSource source) {
        return new RecordedBlocks(source);
    }

    List<PlannedPass> passes() {
        return passes;
    }

    List<Sent> sent() {
        return sent;
    }

    @Override
    protected <N> List<LeafTask.Result<N>> run(LeafTask<N> task) {
        passes.add(new PlannedPass(task.pass().label(), task.flops(), task.nodeBytes()));
        // The sink stays: what is written is looked at here.
        LeafTask<N> arrived = new LeafTask<>(
                source, task.known(), sent(List.copyOf(task.maps())), task.sink(), sent(task.pass()), task.backend());
        try (Arena arena = new Arena()) {
            LeafTask.Result<N> result = arrived.run(source.layout().all(), arena, rows -> {});
            sent.add(new Sent(
                    bytes(List.copyOf(task.maps())).length + bytes(task.pass()).length,
                    bytes(result.node()).length,
                    task.nodeBytes()));
            return List.of(new LeafTask.Result<>(
                    result.range(),
                    result.facts(),
                    sent(result.node()),
                    result.parts(),
                    result.kernels(),
                    result.offHeap()));
        }
    }

    /** A copy through serialisation. */
    @SuppressWarnings("unchecked")
    private static <T> T sent(T object) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes(object)))) {
            return (T) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(Object object) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }

    @Override
    public RowBlocks map(BlockMap map) {
        return new RecordedBlocks(this, map);
    }
}
