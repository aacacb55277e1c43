package lowrank.spark;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import lowrank.blas.OffHeap;
import lowrank.blocks.Block;
import lowrank.blocks.Slab;

/**
 * Rows on their way to one part of a copy, as bytes: their number, the place of each in the part, the row of the input that each was, then
 * the values, table by table.
 */
final class RowChunk {
    private RowChunk() {}

    /**
     * Packs rows of a block.
     *
     * @param order rows of the block, of which {@code from .. to} are packed
     * @param targets of all rows of the block
     * @param first the target that is place 0
     */
    static byte[] pack(CopyPlan plan, Block block, int[] order, int from, int to, long[] targets, long first) {
        int count = to - from;
        byte[] bytes = new byte[Math.toIntExact(4 + count * (12 + plan.rowBytes()))];
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(count);
        for (int i = from; i < to; i++) {
            out.putInt((int) (targets[order[i]] - first));
        }
        for (int i = from; i < to; i++) {
            out.putLong(block.firstRow() + order[i]);
        }
        int at = out.position();
        for (int table = 0; table < plan.widths().size(); table++) {
            Slab slab = block.columns().get(table);
            int size = plan.bytes(table);
            ByteBuffer values = OffHeap.view(slab.address(), slab.bytes());
            for (int i = from; i < to; i++) {
                values.get(order[i] * size, bytes, at, size);
                at += size;
            }
        }
        return bytes;
    }

    /** Takes rows as they are unpacked. */
    interface Taker {
        /** Whether the row that belongs to a place is wanted, and was {@code source} of the input. */
        boolean takes(int place, long source);
    }

    /**
     * Unpacks rows.
     *
     * @param tables where those of each table go
     */
    static void unpack(CopyPlan plan, byte[] bytes, List<ByteBuffer> tables, Taker taker) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int count = in.getInt();
        int values = 4 + 12 * count;
        for (int i = 0; i < count; i++) {
            int place = in.getInt(4 + 4 * i);
            boolean wanted = taker.takes(place, in.getLong(4 + 4 * count + 8 * i));
            int at = values;
            for (int table = 0; table < tables.size() && wanted; table++) {
                int size = plan.bytes(table);
                tables.get(table).put(place * size, bytes, at + i * size, size);
                at += count * size;
            }
        }
    }
}
