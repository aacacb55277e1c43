package lowrank.attention;

import java.io.Serializable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.linalg.Matrix;

/**
 * The rows of the first column at some positions, on their way to where they are written.
 *
 * @param positions in any order, none twice
 */
record SampledOutputsPass(long[] positions) implements Pass<SampledOutputsPass.Rows> {

    /**
     * Some of the rows.
     *
     * @param places which of {@code positions} they are
     * @param values one row after the other
     */
    record Rows(int width, int[] places, double[] values) implements Serializable {
        /** All rows in the order of the positions. */
        Matrix matrix() {
            Matrix all = Matrix.zeros(places.length, width);
            for (int i = 0; i < places.length; i++) {
                for (int j = 0; j < width; j++) {
                    all.set(places[i], j, values[i * width + j]);
                }
            }
            return all;
        }
    }

    @Override
    public String label() {
        return "outputs";
    }

    @Override
    public boolean reads(int column) {
        return column == 0;
    }

    @Override
    public Fold<Rows> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.first());
        int width = schema.first().width();
        Map<Long, Integer> places = new HashMap<>();
        for (int i = 0; i < positions.length; i++) {
            places.put(positions[i], i);
        }
        long[] ascending = positions.clone();
        Arrays.sort(ascending);
        return new Fold<>() {
            private int[] found = new int[16];
            private double[] values = new double[16 * width];
            private int count;

            @Override
            public void add(Block block) {
                int at = Arrays.binarySearch(ascending, block.firstRow());
                for (int i = at < 0 ? -at - 1 : at;
                        i < ascending.length && ascending[i] < block.firstRow() + block.rows();
                        i++) {
                    if (count == found.length) {
                        found = Arrays.copyOf(found, 2 * count);
                        values = Arrays.copyOf(values, 2 * count * width);
                    }
                    found[count] = places.get(ascending[i]);
                    double[] row = reader.read(block.first(), (int) (ascending[i] - block.firstRow()), 1);
                    System.arraycopy(row, 0, values, count * width, width);
                    count++;
                }
            }

            @Override
            public Rows takeLeaf() {
                Rows rows = new Rows(width, Arrays.copyOf(found, count), Arrays.copyOf(values, count * width));
                count = 0;
                return rows;
            }

            @Override
            public Rows merge(Rows left, Rows right) {
                int[] both = Arrays.copyOf(left.places, left.places.length + right.places.length);
                System.arraycopy(right.places, 0, both, left.places.length, right.places.length);
                double[] rows = Arrays.copyOf(left.values, left.values.length + right.values.length);
                System.arraycopy(right.values, 0, rows, left.values.length, right.values.length);
                return new Rows(width, both, rows);
            }
        };
    }
}
