package lowrank.regress;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/** The distinct labels of the second column, sorted, and their rows; it stops to collect where they are too many. */
record ClassesPass() implements Pass<ClassesPass.Found> {

    /**
     * Distinct labels.
     *
     * @param codes ascending; none where they are too many
     * @param rows of each
     */
    record Found(double[] codes, long[] rows, boolean tooMany) implements Serializable {}

    @Override
    public String label() {
        return "classes";
    }

    @Override
    public Fold<Found> open(Arena arena, Schema schema, Layout layout) {
        return new ClassesFold(new RowReader(schema.columns().get(1)));
    }

    private static final class ClassesFold implements Fold<Found> {
        private final RowReader reader;
        private double[] codes = new double[16];
        private long[] rows = new long[16];
        private int count;

        ClassesFold(RowReader reader) {
            this.reader = reader;
        }

        @Override
        public void add(Block block) {
            Slab labels = block.columns().get(1);
            if (labels.width() != 1) {
                throw new IllegalArgumentException("a class is one label, not " + labels.width() + " values");
            }
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int some = Math.min(reader.panelRows(), block.rows() - first);
                double[] values = reader.read(labels, first, some);
                for (int i = 0; i < some && count <= Classes.MOST; i++) {
                    add(values[i] + 0.0, 1);
                }
            }
        }

        private void add(double code, long times) {
            int at = Arrays.binarySearch(codes, 0, count, code);
            if (at < 0) {
                at = -at - 1;
                if (count == codes.length) {
                    codes = Arrays.copyOf(codes, 2 * count);
                    rows = Arrays.copyOf(rows, 2 * count);
                }
                System.arraycopy(codes, at, codes, at + 1, count - at);
                System.arraycopy(rows, at, rows, at + 1, count - at);
                codes[at] = code;
                rows[at] = 0;
                count++;
            }
            rows[at] += times;
        }

        @Override
        public Found takeLeaf() {
            boolean tooMany = count > Classes.MOST;
            int kept = tooMany ? 0 : count;
            Found leaf = new Found(Arrays.copyOf(codes, kept), Arrays.copyOf(rows, kept), tooMany);
            count = 0;
            return leaf;
        }

        @Override
        public Found merge(Found left, Found right) {
            if (left.tooMany || right.tooMany) {
                return new Found(new double[0], new long[0], true);
            }
            ClassesFold both = new ClassesFold(reader);
            for (Found part : new Found[] {left, right}) {
                for (int i = 0; i < part.codes.length && both.count <= Classes.MOST; i++) {
                    both.add(part.codes[i], part.rows[i]);
                }
            }
            return both.takeLeaf();
        }
    }
}
