package lowrank.blocks;

import java.util.Arrays;
import java.util.zip.CRC32C;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/** Collects the {@link Facts} of one leaf; one thread's. */
final class Inspection {
    private static final long DOUBLE_INFINITY = Double.doubleToRawLongBits(Double.POSITIVE_INFINITY);
    private static final int FLOAT_INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    private final Schema schema;
    private final long[] longs = new long[OffHeap.TILE];
    private final int[] ints = new int[OffHeap.TILE];
    private Offenders offenders = new Offenders();
    private double maxAbs;
    private int[] crcs;
    private int count;

    Inspection(Schema schema, Layout layout) {
        this.schema = schema;
        crcs = new int[layout.blocksPerLeaf() * schema.columns().size()];
    }

    void add(Block block) {
        if (block.offenders() != null) {
            offenders = offenders.then(block.offenders());
        }
        for (int c = 0; c < block.columns().size(); c++) {
            inspect(block, block.columns().get(c), schema.columns().get(c));
            crcs[count++] = crc(block.columns().get(c));
        }
    }

    Facts takeLeaf() {
        Facts facts = new Facts(offenders, maxAbs, Arrays.copyOf(crcs, count));
        offenders = new Offenders();
        maxAbs = 0;
        count = 0;
        return facts;
    }

    /** CRC32C of all values. */
    static int crc(Slab slab) {
        CRC32C crc = new CRC32C();
        crc.update(OffHeap.view(slab.address(), slab.bytes()));
        return (int) crc.getValue();
    }

    /** Without the sign bit, the bits of floating-point numbers are ordered as integers: one maximum finds both answers. */
    private void inspect(Block block, Slab slab, Column column) {
        long count = slab.count();
        for (long from = 0; from < count; from += OffHeap.TILE) {
            int n = (int) Math.min(OffHeap.TILE, count - from);
            boolean finite;
            if (slab.precision() == Precision.DOUBLE) {
                long largest = largestDouble(slab.address() + 8 * from, n);
                finite = largest < DOUBLE_INFINITY;
                maxAbs = finite ? Math.max(maxAbs, Double.longBitsToDouble(largest)) : maxAbs;
            } else {
                int largest = largestFloat(slab.address() + 4 * from, n);
                finite = largest < FLOAT_INFINITY;
                maxAbs = finite ? Math.max(maxAbs, Float.intBitsToFloat(largest)) : maxAbs;
            }
            if (!finite) {
                name(block, slab, column, from, n);
            }
        }
    }

    private long largestDouble(long address, int n) {
        OffHeap.getBits(address, longs, n);
        long largest = 0;
        for (int i = 0; i < n; i++) {
            largest = Math.max(largest, longs[i] & Long.MAX_VALUE);
        }
        return largest;
    }

    private int largestFloat(long address, int n) {
        OffHeap.getBits(address, ints, n);
        int largest = 0;
        for (int i = 0; i < n; i++) {
            largest = Math.max(largest, ints[i] & Integer.MAX_VALUE);
        }
        return largest;
    }

    /** The slow path: which cells of this tile are not finite. */
    private void name(Block block, Slab slab, Column column, long from, int n) {
        for (int i = 0; i < n; i++) {
            double value = slab.precision() == Precision.DOUBLE
                    ? Double.longBitsToDouble(longs[i])
                    : Float.intBitsToFloat(ints[i]);
            if (!Double.isFinite(value)) {
                long cell = from + i;
                offenders.add(
                        block.firstRow() + cell / slab.width(),
                        column.place(cell % slab.width()),
                        Double.isNaN(value) ? "is NaN" : "is infinite");
            } else {
                maxAbs = Math.max(maxAbs, Math.abs(value));
            }
        }
    }
}
