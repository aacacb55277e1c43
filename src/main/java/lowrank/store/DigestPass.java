package lowrank.store;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/** The digests of the blocks of a stored table, one after the other. */
public record DigestPass(List<Part> parts) implements Pass<byte[]> {
    /**
     * A column of the table.
     *
     * @param column its index among the columns that are read
     * @param digested type of the values that were digested; floats come back from doubles exactly
     */
    public record Part(int column, Precision digested) implements java.io.Serializable {}

    public DigestPass {
        parts = List.copyOf(parts);
    }

    /** Of a table of one column. */
    public DigestPass(int column, Precision digested) {
        this(List.of(new Part(column, digested)));
    }

    @Override
    public String label() {
        return "";
    }

    @Override
    public Fold<byte[]> open(Arena arena, Schema schema, Layout layout) {
        return new Fold<>() {
            private final long[] converted = new long[parts.size()];
            private byte[] digests = new byte[0];

            @Override
            public void add(Block block) {
                MessageDigest digest = Digests.sha256();
                for (int i = 0; i < converted.length; i++) {
                    Slab slab = block.columns().get(parts.get(i).column());
                    Precision digested = parts.get(i).digested();
                    long address = slab.address();
                    if (slab.precision() != digested) {
                        if (converted[i] == 0) {
                            converted[i] = arena.allocate((long) layout.blockRows() * slab.width(), digested);
                        }
                        convert(slab, converted[i]);
                        address = converted[i];
                    }
                    digest.update(OffHeap.view(address, slab.count() * digested.bytes()));
                }
                digests = merge(digests, digest.digest());
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

    private static void convert(Slab slab, long target) {
        if (slab.precision() == Precision.DOUBLE) {
            OffHeap.narrow(slab.address(), target, slab.count());
        } else {
            OffHeap.widen(slab.address(), target, slab.count());
        }
    }

    /** The digest of the factor, from those of its blocks. */
    public static String ofFactor(byte[] blocks) {
        return Digests.hex(Digests.sha256().digest(blocks));
    }
}
