package lowrank.kernel;

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
import lowrank.blocks.LeafRange;
import lowrank.blocks.LeafTask;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.SourceBlocks;

/** Rows in two tasks that travel as bytes, with their nodes, as on a cluster. */
final class WireBlocks extends SourceBlocks {
    private final BlockSource source;
    private final List<Node> nodes;

    /**
     * A node on the wire.
     *
     * @param planned as the pass says of it
     */
    record Node(String label, long bytes, long planned) {}

    WireBlocks(BlockSource source) {
        super(source);
        this.source = source;
        this.nodes = new ArrayList<>();
    }

    private WireBlocks(WireBlocks parent, BlockMap map) {
        super(parent, map);
        this.source = parent.source;
        this.nodes = parent.nodes;
    }

    List<Node> nodes() {
        return nodes;
    }

    @Override
    protected <N> List<LeafTask.Result<N>> run(LeafTask<N> task) {
        LeafTask<N> sent = copy(bytes(task));
        List<LeafTask.Result<N>> results = new ArrayList<>();
        long leaves = source.layout().leaves();
        for (LeafRange range : LeafRange.aligned(leaves, LeafRange.levelFor(leaves, 2))) {
            try (Arena arena = new Arena()) {
                LeafTask.Result<N> result = sent.run(range, arena, rows -> {});
                nodes.add(new Node(task.pass().label(), bytes(result.node()).length, task.nodeBytes()));
                results.add(copy(bytes(result)));
            }
        }
        return results;
    }

    @Override
    public RowBlocks map(BlockMap map) {
        return new WireBlocks(this, map);
    }

    private static byte[] bytes(Object value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }

    @SuppressWarnings("unchecked")
    private static <T> T copy(byte[] bytes) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return (T) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
