package lowrank.blocks;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import lowrank.blas.Arena;

/**
 * The different values of the first column, ascending.
 *
 * @param most values; more are not all collected
 */
public record DistinctNumbers(int most) implements Pass<double[]> {
    @Override
    public String label() {
        return "classes";
    }

    @Override
    public Fold<double[]> open(Arena arena, Schema schema, Layout layout) {
        RowReader reader = new RowReader(schema.first());
        return new Fold<>() {
            private double[] found = new double[0];

            @Override
            public void add(Block block) {
                for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                    int rows = Math.min(reader.panelRows(), block.rows() - first);
                    double[] values = reader.read(block.first(), first, rows);
                    for (int i = 0; i < rows * block.first().width(); i++) {
                        // -0.0 and 0.0 are one class.
                        insert(values[i] + 0.0);
                    }
                }
            }

            private void insert(double value) {
                int place = Arrays.binarySearch(found, value);
                if (place < 0 && found.length <= most) {
                    int at = -place - 1;
                    double[] more = Arrays.copyOf(found, found.length + 1);
                    System.arraycopy(found, at, more, at + 1, found.length - at);
                    more[at] = value;
                    found = more;
                }
            }

            @Override
            public double[] takeLeaf() {
                double[] leaf = found;
                found = new double[0];
                return leaf;
            }

            @Override
            public double[] merge(double[] left, double[] right) {
                return left.length > most
                        ? left
                        : DoubleStream.concat(DoubleStream.of(left), DoubleStream.of(right))
                                .sorted()
                                .distinct()
                                .toArray();
            }
        };
    }
}
