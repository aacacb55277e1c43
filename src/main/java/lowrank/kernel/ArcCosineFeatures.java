package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;

/**
 * z(x) = sqrt(2/D) step(W'x) for order 0 and sqrt(2/D) max(W'x, 0) for order 1, D frequencies W ~ N(0, I): a random layer of a neural
 * network (Cho and Saul 2009). A step is 0 at 0.
 */
record ArcCosineFeatures(ArcCosine kernel, Projection projection) implements FeatureMap {

    @Override
    public int inputs() {
        return projection.inputs();
    }

    @Override
    public int size() {
        return projection.count();
    }

    @Override
    public double flops(long rows) {
        return projection.flops(rows);
    }

    @Override
    public long mapperBytes(Layout layout, Column input) {
        return projection.bytes(layout, input);
    }

    @Override
    public Mapper open(Arena arena, Column input, Layout layout) {
        Projection.Working products = projection.open(arena, input, layout);
        RowReader reader = new RowReader(new Column("features", size(), input.precision()));
        RowWriter writer = new RowWriter(input.precision());
        double scale = Math.sqrt(2.0 / size());
        return rows -> {
            Slab out = products.of(rows);
            for (int first = 0; first < out.rows(); first += reader.panelRows()) {
                int some = Math.min(reader.panelRows(), out.rows() - first);
                double[] values = reader.read(out, first, some);
                int n = some * out.width();
                if (kernel.order() == 0) {
                    step(values, n, scale);
                } else {
                    rectify(values, n, scale);
                }
                writer.put(out.row(first), values, 0, n);
            }
            return out;
        };
    }

    private static void step(double[] values, int count, double scale) {
        for (int i = 0; i < count; i++) {
            values[i] = values[i] > 0 ? scale : 0;
        }
    }

    private static void rectify(double[] values, int count, double scale) {
        for (int i = 0; i < count; i++) {
            values[i] = scale * Math.max(values[i], 0);
        }
    }
}
