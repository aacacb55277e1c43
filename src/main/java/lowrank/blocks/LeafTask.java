package lowrank.blocks;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blas.Backend;

/**
 * What one task does with its range of leaves: read, check, map, perhaps write, fold. Runs the same in a thread of this
 * process and in a Spark executor, which is why the two give the same bits.
 *
 * @param known what an earlier pass saw, to be compared with; null in the first pass, which finds it out, and of what is settled
 * @param sink where the mapped blocks go, or null
 * @param backend the BLAS that computes
 */
public record LeafTask<N>(
        BlockSource source, Facts known, List<BlockMap> maps, RowSink sink, Pass<N> pass, Backend backend)
        implements Serializable {

    /**
     * What a task leaves, or neighbouring tasks together.
     *
     * @param facts what was seen, or null where that was known
     * @param parts what was written, in order
     * @param kernels the BLAS and core types that computed
     * @param offHeap the most bytes off the heap that the process of a task has held at once so far
     */
    public record Result<N>(
            LeafRange range, Facts facts, N node, List<RowSink.Written> parts, Set<String> kernels, long offHeap)
            implements Serializable {}

    /** The schema of the mapped blocks. */
    public Schema schema() {
        Schema schema = source.schema();
        for (BlockMap map : maps) {
            schema = map.schema(schema);
        }
        return schema;
    }

    /** Whether a column of the source is read: all are by the first pass, which checks them. */
    private boolean reads(int column) {
        boolean needed = maps.isEmpty()
                ? pass.reads(column) || sink != null
                : maps.get(0).reads(column);
        return needed || known == null;
    }

    /** Bytes of a row of what is read. */
    public long rowBytes() {
        List<Column> columns = source.schema().columns();
        return IntStream.range(0, columns.size())
                .filter(this::reads)
                .mapToLong(c -> columns.get(c).rowBytes())
                .sum();
    }

    /** Bytes of a node on the heap. */
    public long nodeBytes() {
        return pass.nodeBytes(schema());
    }

    /** Floating-point operations of the maps and the pass over the whole table. */
    public double flops() {
        double flops = 0;
        Schema schema = source.schema();
        for (BlockMap map : maps) {
            flops += map.flops(source.layout().rows(), schema);
            schema = map.schema(schema);
        }
        return flops + pass.flops(source.layout().rows(), schema);
    }

    /**
     * Runs the task.
     *
     * @param arena owner of all memory of the task
     * @param progress told the rows of each block that is done
     */
    public Result<N> run(LeafRange range, Arena arena, LongConsumer progress) {
        Backend.choose(backend);
        Layout layout = source.layout();
        BlockMap.Mapper[] mappers = new BlockMap.Mapper[maps.size()];
        Schema schema = source.schema();
        for (int i = 0; i < mappers.length; i++) {
            mappers[i] = maps.get(i).open(arena, schema, layout);
            schema = maps.get(i).schema(schema);
        }
        Fold<N> fold = pass.open(arena, schema, layout);
        boolean inspected = known != null || source.isSettled();
        Inspection inspection = inspected ? null : new Inspection(source.schema(), layout);
        Facts facts = null;
        NodeStack<N> stack = new NodeStack<>(fold);
        boolean ids = sink != null && source.schema().ids() != Ids.Type.NONE;
        try (BlockStream stream = source.only(this::reads).open(range, ids, arena);
                RowSink.Part part = sink == null ? null : sink.open(range, schema, layout, arena)) {
            long leaf = range.from();
            for (Block raw = stream.next(); raw != null; raw = stream.next()) {
                if (inspection != null) {
                    inspection.add(raw);
                } else if (known != null) {
                    verify(raw);
                }
                Block block = raw;
                for (BlockMap.Mapper mapper : mappers) {
                    block = mapper.map(block);
                }
                if (part != null) {
                    part.append(block);
                }
                fold.add(block);
                progress.accept(block.rows());
                if (raw.firstRow() + raw.rows() == Math.min((leaf + 1) * layout.leafRows(), layout.rows())) {
                    stack.push(fold.takeLeaf());
                    if (inspection != null) {
                        Facts ofLeaf = inspection.takeLeaf();
                        facts = facts == null ? ofLeaf : facts.then(ofLeaf);
                    }
                    leaf++;
                }
            }
            if (leaf != range.to()) {
                throw new IllegalStateException("read " + leaf + " leaves where " + range.to() + " were planned");
            }
            return new Result<>(
                    range,
                    facts,
                    stack.root(),
                    part == null ? List.of() : List.of(part.finish()),
                    Set.of(backend.blas().description()),
                    Arena.peakBytes());
        }
    }

    /**
     * Neighbours as one: their node is the one that a single task over all of their leaves would leave, with the same bits. One after
     * the other is asked for, so that no more nodes are held than the tree has levels above them.
     *
     * @param neighbours results of ranges of 2^p leaves each, in order; the first begins at a multiple of 2^(p + g) and there are at
     *     most 2^g
     * @param arena owner of all memory
     */
    public Result<N> merged(Iterator<Result<N>> neighbours, Arena arena) {
        Backend.choose(backend);
        // Their ranges are the leaves of the upper part of the tree.
        NodeStack<N> stack = new NodeStack<>(pass.open(arena, schema(), source.layout()));
        long from = -1;
        long to = -1;
        Facts facts = null;
        List<RowSink.Written> parts = new ArrayList<>();
        Set<String> kernels = new TreeSet<>();
        long offHeap = 0;
        while (neighbours.hasNext()) {
            Result<N> next = neighbours.next();
            if (from >= 0 && next.range().from() != to) {
                throw new IllegalStateException(
                        "leaf " + next.range().from() + " comes after " + to + " where nodes are merged");
            }
            from = from < 0 ? next.range().from() : from;
            to = next.range().to();
            stack.push(next.node());
            if (next.facts() != null) {
                facts = facts == null ? next.facts() : facts.then(next.facts());
            }
            parts.addAll(next.parts());
            kernels.addAll(next.kernels());
            offHeap = Math.max(offHeap, next.offHeap());
        }
        kernels.add(backend.blas().description());
        return new Result<>(new LeafRange(from, to), facts, stack.root(), parts, kernels, offHeap);
    }

    private void verify(Block block) {
        int index = Math.toIntExact(source.layout().blockAt(block.firstRow()));
        int columns = block.columns().size();
        for (int c = 0; c < columns; c++) {
            Slab slab = block.columns().get(c);
            if (slab.rows() > 0 && Inspection.crc(slab) != known.crcs()[columns * index + c]) {
                throw new DataException("the input changed between two passes: the values from "
                        + source.place(block.firstRow()) + " on (" + block.rows()
                        + " rows) are not those read before; run again on input that stays as it is");
            }
        }
    }

    /** The root of the tree over the nodes of neighbouring ranges of 2^p leaves each, in order. */
    public static <N> N root(List<N> nodes, Fold<N> fold) {
        List<N> level = nodes;
        while (level.size() > 1) {
            List<N> above = new ArrayList<>();
            for (int i = 0; i + 1 < level.size(); i += 2) {
                above.add(fold.merge(level.get(i), level.get(i + 1)));
            }
            if (level.size() % 2 == 1) {
                above.add(level.get(level.size() - 1));
            }
            level = above;
        }
        return level.get(0);
    }
}
