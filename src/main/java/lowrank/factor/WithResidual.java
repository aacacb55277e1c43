package lowrank.factor;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * Packed rows A_b through maps that make U_b of them, and beside U_b what it leaves of A_b in the direction of probes: A_b W - U_b Z
 * with Z = S V^T W. U_b is not changed by that; it is multiplied as it is stored, rounded to float where that is asked for.
 *
 * <p><b>Cost</b>: 2 m p (n + k) flops beside the maps.
 *
 * @param maps A_b -> U_b
 * @param stored type in which U is stored
 * @param probes W, n x p
 * @param images Z, k x p
 */
record WithResidual(List<BlockMap> maps, Precision stored, Matrix probes, Matrix images) implements BlockMap {

    /** Floating-point operations beside those of the maps, the squares included. */
    static double flops(long rows, int cols, int rank, int probes) {
        return 2.0 * rows * probes * ((long) cols + rank) + SquaresPass.flops(rows, probes);
    }

    /** Bytes off the heap of a task beside those of the maps. */
    static long workBytes(Layout layout, int cols, int rank, int probes, Precision computed, Precision stored) {
        long products = RightProduct.entries(layout.blockRows(), probes) * 2 * computed.bytes();
        long operands = ((long) cols + rank) * probes * computed.bytes();
        long rounded = rounds(computed, stored) ? (long) layout.blockRows() * rank * stored.bytes() : 0;
        return products + operands + rounded + 8L * layout.blockRows() * probes;
    }

    /** Whether storing rounds. */
    private static boolean rounds(Precision computed, Precision stored) {
        return computed == Precision.DOUBLE && stored == Precision.FLOAT;
    }

    private Column left(Schema input) {
        Schema schema = input;
        for (BlockMap map : maps) {
            schema = map.schema(schema);
        }
        return schema.first();
    }

    @Override
    public Schema schema(Schema input) {
        return new Schema(List.of(left(input), new Column("residual", probes.cols(), Precision.DOUBLE)), input.ids());
    }

    @Override
    public double flops(long rows, Schema input) {
        double flops = 2.0 * rows * probes.cols() * (probes.rows() + images.rows());
        Schema schema = input;
        for (BlockMap map : maps) {
            flops += map.flops(rows, schema);
            schema = map.schema(schema);
        }
        return flops;
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        return new Residuals(arena, input, layout);
    }

    private final class Residuals implements Mapper {
        private final List<Mapper> chain = new ArrayList<>();
        private final RightProduct ofA;
        private final RightProduct ofU;
        private final RowReader readA;
        private final RowReader readU;
        private final Column narrowed;
        private final long rounded;
        private final long difference;

        Residuals(Arena arena, Schema input, Layout layout) {
            Schema schema = input;
            for (BlockMap map : maps) {
                chain.add(map.open(arena, schema, layout));
                schema = map.schema(schema);
            }
            Column u = schema.first();
            int p = probes.cols();
            Precision ofInput = input.first().precision();
            boolean rounds = rounds(u.precision(), stored);
            narrowed = rounds ? new Column(u.name(), u.width(), stored) : u;
            rounded = rounds ? arena.allocate((long) layout.blockRows() * u.width(), stored) : 0;
            ofA = new RightProduct(arena, probes, ofInput, layout);
            ofU = new RightProduct(arena, images, narrowed.precision(), layout);
            readA = new RowReader(new Column("", p, ofInput));
            readU = new RowReader(new Column("", p, narrowed.precision()));
            difference = arena.doubles((long) layout.blockRows() * p);
        }

        @Override
        public Block map(Block packed) {
            Block mapped = packed;
            for (Mapper mapper : chain) {
                mapped = mapper.map(mapped);
            }
            Slab u = mapped.first();
            Slab residual = new Slab(difference, u.rows(), probes.cols(), Precision.DOUBLE);
            subtract(ofA.of(packed.first()), u.width() == 0 ? null : ofU.of(asStored(u)), residual);
            return new Block(packed.firstRow(), packed.rows(), List.of(u, residual), packed.ids(), packed.offenders());
        }

        private void subtract(Slab a, Slab u, Slab residual) {
            int p = probes.cols();
            for (int first = 0; first < a.rows(); first += readA.panelRows()) {
                int rows = Math.min(readA.panelRows(), a.rows() - first);
                double[] values = readA.read(a, first, rows);
                if (u != null) {
                    double[] rebuilt = readU.read(u, first, rows);
                    for (int i = 0; i < rows * p; i++) {
                        values[i] -= rebuilt[i];
                    }
                }
                OffHeap.put(residual.row(first), values, 0, rows * p);
            }
        }

        private Slab asStored(Slab u) {
            if (rounded == 0) {
                return u;
            }
            OffHeap.narrow(u.address(), rounded, u.count());
            return new Slab(rounded, u.rows(), u.width(), stored);
        }
    }
}
