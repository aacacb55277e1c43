package lowrank.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

class ScanTest extends ScanContract {

    @Override
    protected RowBlocks blocks(BlockSource source, int tasks) {
        return LocalBlocks.of(source, tasks);
    }

    /** Writes down what is summed with what, and what each block is told. */
    private record Heard(Map<Long, String> before) implements Scan<String> {
        @Override
        public Pass<String> sum() {
            return new Pass<>() {
                @Override
                public String label() {
                    return "notation";
                }

                @Override
                public Fold<String> open(Arena arena, Schema schema, Layout layout) {
                    return new Fold<>() {
                        private String leaf = "";

                        @Override
                        public void add(Block block) {
                            leaf += block.firstRow();
                        }

                        @Override
                        public String takeLeaf() {
                            String taken = leaf;
                            leaf = "";
                            return taken;
                        }

                        @Override
                        public String merge(String left, String right) {
                            return "(" + left + " " + right + ")";
                        }
                    };
                }
            };
        }

        @Override
        public Schema schema(Schema input) {
            return input;
        }

        @Override
        public Mapper<String> open(Arena arena, Schema input, Layout layout) {
            return (block, sum) -> {
                before.put(block.firstRow(), String.valueOf(sum));
                return block;
            };
        }
    }

    private static BlockSource zeros(int rows) {
        return new MatrixRows(Matrix.zeros(rows, 1), "x", Precision.DOUBLE, new Layout(rows, 4, 2));
    }

    private static Map<Long, String> heard(int rows, int tasks) {
        Map<Long, String> before = new TreeMap<>();
        LocalBlocks.of(zeros(rows), tasks).scan(new Heard(before)).pass(Pass.nothing());
        return before;
    }

    @Test
    void sumsBeforeABlockAreNodesOfTheTreeThenBlocksOfItsLeaf() {
        Map<Long, String> before = heard(4 * 7 + 1, 3);
        assertThat(before)
                .containsEntry(0L, "null")
                .containsEntry(2L, "0")
                .containsEntry(4L, "(0 2)")
                .containsEntry(6L, "((0 2) 4)")
                .containsEntry(8L, "((0 2) (4 6))")
                .containsEntry(12L, "(((0 2) (4 6)) (8 10))")
                .containsEntry(14L, "((((0 2) (4 6)) (8 10)) 12)")
                .containsEntry(28L, "(((((0 2) (4 6)) ((8 10) (12 14))) ((16 18) (20 22))) (24 26))");
    }

    @Test
    void orderIsTheSameForEveryCutIntoTasks() {
        for (int rows = 1; rows <= 40 * 4; rows += 7) {
            Map<Long, String> whole = heard(rows, 1);
            for (int tasks = 2; tasks <= 41; tasks += 3) {
                assertThat(heard(rows, tasks))
                        .as("%d rows, %d tasks", rows, tasks)
                        .isEqualTo(whole);
            }
        }
    }

    /** Tasks as they come when executors join: twice as many in each pass, unless they are told. */
    private static final class Growing extends SourceBlocks {
        private final BlockSource source;
        private final boolean told;
        private final List<Integer> tasks;

        Growing(BlockSource source, boolean told) {
            super(source);
            this.source = source;
            this.told = told;
            tasks = new ArrayList<>(List.of(1));
        }

        Growing(Growing parent, BlockMap map) {
            super(parent, map);
            source = parent.source;
            told = parent.told;
            tasks = parent.tasks;
        }

        @Override
        protected <N> List<LeafTask.Result<N>> run(LeafTask<N> task) {
            long leaves = source.layout().leaves();
            List<LeafRange> ranges = told && pinned() != null
                    ? pinned()
                    : LeafRange.aligned(leaves, LeafRange.levelFor(leaves, 1 << tasks.size()));
            tasks.add(ranges.size());
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
            return new Growing(this, map);
        }
    }

    @Test
    void tasksKeepToTheRangesOfTheSums() {
        Map<Long, String> before = new TreeMap<>();
        RowBlocks rows = new Growing(zeros(77), true).scan(new Heard(before));
        rows.pass(Pass.nothing());
        rows.pass(Pass.nothing());
        assertThat(before).isEqualTo(heard(77, 1));
        RowBlocks astray = new Growing(zeros(77), false).scan(new Heard(before));
        assertThatThrownBy(() -> astray.pass(Pass.nothing()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("where no range of the scan does");
    }

    @Test
    void whatIsWrittenIsWhatIsVisited() {
        Matrix a = Matrix.zeros(50, 3);
        for (int i = 0; i < 50; i++) {
            a.set(i, 0, 1);
            a.set(i, 1, 1);
            a.set(i, 2, i);
        }
        MemorySink sink = new MemorySink();
        LocalBlocks.of(source(a), 7).scan(new Causal(1, true)).write(sink, Pass.nothing());
        for (int i = 0; i < 50; i++) {
            assertThat(sink.matrix().get(i, 0)).isEqualTo(i * (i + 1) / 2.0);
        }
    }
}
