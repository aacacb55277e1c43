package lowrank.kernel;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;

/**
 * The features of r maps of one kernel beside each other, over sqrt(r): z'z is the mean of their approximations, whose variance, where
 * they are independent, is a part in r of each one's.
 *
 * <p><b>Cost</b>: that of all maps, and a copy of the features.
 */
public record SideBySide(List<FeatureMap> maps) implements FeatureMap {
    public SideBySide {
        maps = List.copyOf(maps);
        if (maps.isEmpty()) {
            throw new IllegalArgumentException("features.repeats must be at least 1");
        }
    }

    @Override
    public int inputs() {
        return maps.get(0).inputs();
    }

    @Override
    public int size() {
        return maps.stream().mapToInt(FeatureMap::size).sum();
    }

    @Override
    public Kernel kernel() {
        return maps.get(0).kernel();
    }

    @Override
    public List<FeatureMap> draws() {
        return maps;
    }

    @Override
    public double flops(long rows) {
        return maps.stream().mapToDouble(map -> map.flops(rows)).sum();
    }

    @Override
    public long mapperBytes(Layout layout, Column input) {
        return maps.stream().mapToLong(map -> map.mapperBytes(layout, input)).sum()
                + (long) layout.blockRows() * size() * input.precision().bytes();
    }

    @Override
    public Mapper open(Arena arena, Column input, Layout layout) {
        List<Mapper> mappers =
                maps.stream().map(map -> map.open(arena, input, layout)).toList();
        List<Scaler> scalers =
                maps.stream().map(map -> new Scaler(map.size(), input)).toList();
        int width = size();
        long all = arena.allocate((long) layout.blockRows() * width, input.precision());
        return new Mapper() {
            @Override
            public Slab map(Slab rows) {
                return map(rows, 0);
            }

            @Override
            public Slab map(Slab rows, long firstRow) {
                int from = 0;
                for (int m = 0; m < mappers.size(); m++) {
                    Slab part = scalers.get(m).scaled(mappers.get(m).map(rows, firstRow));
                    for (int i = 0; i < rows.rows(); i++) {
                        long to = all
                                + ((long) i * width + from) * input.precision().bytes();
                        OffHeap.copy(
                                part.row(i),
                                to,
                                (long) part.width() * input.precision().bytes());
                    }
                    from += part.width();
                }
                return new Slab(all, rows.rows(), width, input.precision());
            }
        };
    }

    /** Features over sqrt(r), in place: they are the mapper's own. */
    private final class Scaler {
        private final double factor = 1 / Math.sqrt(maps.size());
        private final RowReader reader;
        private final RowWriter writer;

        Scaler(int width, Column input) {
            reader = new RowReader(new Column("features", width, input.precision()));
            writer = new RowWriter(input.precision());
        }

        Slab scaled(Slab features) {
            for (int first = 0; first < features.rows(); first += reader.panelRows()) {
                int count = Math.min(reader.panelRows(), features.rows() - first);
                double[] values = reader.read(features, first, count);
                for (int i = 0; i < count * features.width(); i++) {
                    values[i] *= factor;
                }
                writer.write(features, first, count, values);
            }
            return features;
        }
    }
}
