package lowrank.blocks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import lowrank.blas.Arena;

/** Two tables of the same rows side by side: all columns of the first, then those of the second. Ids are the first's. */
public record PairedSource(BlockSource left, BlockSource right) implements BlockSource {
    public PairedSource {
        if (!left.layout().equals(right.layout())) {
            throw new IllegalArgumentException("tables of different layouts cannot be read side by side");
        }
    }

    @Override
    public Schema schema() {
        return new Schema(
                joined(left.schema().columns(), right.schema().columns()),
                left.schema().ids());
    }

    @Override
    public Layout layout() {
        return left.layout();
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        BlockStream one = left.open(range, ids, arena);
        BlockStream two = right.open(range, false, arena);
        return new BlockStream() {
            @Override
            public Block next() {
                Block a = one.next();
                Block b = two.next();
                return a == null
                        ? null
                        : new Block(a.firstRow(), a.rows(), joined(a.columns(), b.columns()), a.ids(), both(a, b));
            }

            @Override
            public void close() {
                one.close();
                two.close();
            }
        };
    }

    @Override
    public BlockSource only(IntPredicate wanted) {
        int first = left.schema().columns().size();
        return new PairedSource(some(left, wanted), some(right, column -> wanted.test(first + column)));
    }

    private static BlockSource some(BlockSource source, IntPredicate wanted) {
        boolean any = IntStream.range(0, source.schema().columns().size()).anyMatch(wanted);
        return any ? source.only(wanted) : new UnreadSource(source);
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        List<T> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private static Offenders both(Block a, Block b) {
        if (a.offenders() == null || b.offenders() == null) {
            return a.offenders() == null ? b.offenders() : a.offenders();
        }
        return a.offenders().then(b.offenders());
    }

    @Override
    public long chunkRows() {
        return Math.max(left.chunkRows(), right.chunkRows());
    }

    @Override
    public String place(long row) {
        String one = left.place(row);
        String other = right.place(row);
        return other.equals(one) ? one : one + ", " + other;
    }
}
