package lowrank.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

class LeafTaskTest {
    private static final int LEAF = 4;
    private static final int BLOCK = 2;

    /** Writes down what is summed with what: a sum that shows its order. */
    private record Notation() implements Pass<String> {
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
                    leaf += (leaf.isEmpty() ? "" : "+") + block.firstRow() + "x" + block.rows();
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
    }

    private static BlockSource source(int rows) {
        return new MatrixRows(Matrix.zeros(rows, 1), "x", Precision.DOUBLE, new Layout(rows, LEAF, BLOCK));
    }

    private static String node(BlockSource source, LeafRange range) {
        try (Arena arena = new Arena()) {
            return new LeafTask<>(source, null, List.of(), null, new Notation(), Backend.AUTO)
                    .run(range, arena, rows -> {})
                    .node();
        }
    }

    @Test
    void treeIsTheSameForEveryCutIntoTasks() {
        Fold<String> driver = new Notation().open(null, null, null);
        for (int rows = 1; rows <= 40 * LEAF; rows += 3) {
            BlockSource source = source(rows);
            String whole = node(source, source.layout().all());
            for (int level = 0; level <= 6; level++) {
                List<String> nodes = new ArrayList<>();
                for (LeafRange range : LeafRange.aligned(source.layout().leaves(), level)) {
                    nodes.add(node(source, range));
                }
                assertThat(LeafTask.root(nodes, driver))
                        .as("%d rows, level %d", rows, level)
                        .isEqualTo(whole);
            }
        }
    }

    @Test
    void treeIsTheSameForEveryNumberOfLeaves() {
        Fold<String> driver = new Notation().open(null, null, null);
        for (int leaves = 1; leaves <= 40; leaves++) {
            BlockSource source = source(leaves * LEAF);
            String whole = node(source, source.layout().all());
            for (int tasks = 1; tasks <= leaves + 1; tasks++) {
                List<String> nodes = new ArrayList<>();
                for (LeafRange range : LeafRange.aligned(leaves, LeafRange.levelFor(leaves, tasks))) {
                    nodes.add(node(source, range));
                }
                assertThat(LeafTask.root(nodes, driver)).isEqualTo(whole);
            }
        }
    }

    @Test
    void treeIsDyadicAndBlocksAreInOrder() {
        BlockSource source = source(5 * LEAF - 1);
        assertThat(node(source, source.layout().all()))
                .isEqualTo("(((0x2+2x2 4x2+6x2) (8x2+10x2 12x2+14x2)) 16x2+18x1)");
    }

    @Test
    void twoPassesInOneReadSumAsTheyWouldAlone() {
        BlockSource source = source(7 * LEAF);
        try (Arena arena = new Arena()) {
            Pass.Both<String, String> both = new LeafTask<>(
                            source, null, List.of(), null, Pass.both(new Notation(), new Notation()), Backend.AUTO)
                    .run(source.layout().all(), arena, rows -> {})
                    .node();
            String alone = node(source, source.layout().all());
            assertThat(both).isEqualTo(new Pass.Both<>(alone, alone));
        }
    }

    @Test
    void sourceThatEndsEarlyIsAnError() {
        Layout planned = new Layout(3 * LEAF, LEAF, BLOCK);
        BlockSource full = new MatrixRows(Matrix.zeros(3 * LEAF, 1), "x", Precision.DOUBLE, planned);
        BlockSource early = new BlockSource() {
            @Override
            public Schema schema() {
                return full.schema();
            }

            @Override
            public Layout layout() {
                return planned;
            }

            @Override
            public BlockStream open(LeafRange range, boolean ids, Arena arena) {
                return full.open(new LeafRange(range.from(), range.to() - 1), ids, arena);
            }

            @Override
            public String place(long row) {
                return full.place(row);
            }
        };
        assertThatThrownBy(() -> node(early, planned.all()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("read 2 leaves where 3 were planned");
    }

    /** The first values of each block of one column. */
    private record Firsts(int column) implements Pass<String> {
        @Override
        public String label() {
            return "firsts";
        }

        @Override
        public boolean reads(int column) {
            return column == this.column;
        }

        @Override
        public Fold<String> open(Arena arena, Schema schema, Layout layout) {
            return new Fold<>() {
                private String leaf = "";

                @Override
                public void add(Block block) {
                    for (int c = 0; c < block.columns().size(); c++) {
                        Slab slab = block.columns().get(c);
                        leaf += c != column ? slab.rows() + ", " : OffHeap.getDouble(slab.address()) + "; ";
                    }
                }

                @Override
                public String takeLeaf() {
                    String taken = leaf;
                    leaf = "";
                    return taken;
                }

                @Override
                public String merge(String left, String right) {
                    return left + right;
                }
            };
        }
    }

    @Test
    void columnsThatNothingLooksAtAreReadByTheFirstPassAlone() {
        int rows = 3;
        Layout layout = new Layout(rows, LEAF, BLOCK);
        Matrix left = new Matrix(rows, 1, new double[] {1, 2, 3});
        Matrix right = new Matrix(rows, 1, new double[] {4, 5, 6});
        RowBlocks both = LocalBlocks.of(new PairedSource(
                new MatrixRows(left, "left", Precision.DOUBLE, layout),
                new MatrixRows(right, "right", Precision.DOUBLE, layout)));
        assertThat(both.pass(new Firsts(1))).isEqualTo("2, 4.0; 1, 6.0; ");
        assertThat(both.pass(new Firsts(1))).isEqualTo("0, 4.0; 0, 6.0; ");
        assertThat(both.pass(new Firsts(0))).isEqualTo("1.0; 0, 3.0; 0, ");
        assertThat(both.pass(Pass.both(new Firsts(0), new Firsts(1))).second()).isEqualTo("2, 4.0; 1, 6.0; ");
        // What is looked at has to be what the first pass saw.
        right.set(2, 0, 7);
        assertThat(both.pass(new Firsts(0))).isEqualTo("1.0; 0, 3.0; 0, ");
        assertThatThrownBy(() -> both.pass(new Firsts(1)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("the input changed between two passes: the values from row 2 on (1 rows)");
    }
}
