package lowrank.store;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * The digests of the blocks of a stored column that is read in double, one after the other.
 *
 * @param column index of the column
 * @param stored type of the values as stored; floats come back from doubles exactly
 */
public record DigestPass(int column, Precision stored) implements Pass<byte[]> {

    @Override
    public String label() {
        return "";
    }

    @Override
    public Fold<byte[]> open(Arena arena, Schema schema, Layout layout) {
        return new Fold<>() {
            private byte[] digests = new byte[0];
            private long floats;

            @Override
            public void add(Block block) {
                Slab slab = block.columns().get(column);
                long address = slab.address();
                if (stored == Precision.FLOAT) {
                    floats = floats == 0
                            ? arena.allocate((long) layout.blockRows() * slab.width(), Precision.FLOAT)
                            : floats;
                    for (long i = 0; i < slab.count(); i++) {
                        OffHeap.putFloat(floats + 4 * i, (float) OffHeap.getDouble(address + 8 * i));
                    }
                    address = floats;
                }
                digests = merge(digests, Digests.ofBlock(address, slab.count() * stored.bytes()));
            }

            @Override
            public byte[] takeLeaf() {
                byte[] leaf = digests;
                digests = new byte[0];
                return leaf;
            }

            @Override
            public byte[] merge(byte[] left, byte[] right) {
                byte[] both = Arrays.copyOf(left, left.length + right.length);
                System.arraycopy(right, 0, both, left.length, right.length);
                return both;
            }
        };
    }

    /** The digest of the factor, from those of its blocks. */
    public static String ofFactor(byte[] blocks) {
        return Digests.hex(Digests.sha256().digest(blocks));
    }
}
