package lowrank.blocks;

import java.io.Serializable;

/**
 * Where a table of rows is cut. A <b>leaf</b> is the unit of summation, a <b>block</b> the unit of memory and of BLAS calls;
 * blocks start at multiples of their size inside a leaf, leaves at multiples of theirs. Both sizes are functions of the
 * shape alone, hence so are the bits of every sum.
 */
public record Layout(long rows, int leafRows, int blockRows) implements Serializable {
    private static final int LEAF_ROWS = 8192;
    private static final int SMALL_BLOCK_ROWS = 1024;
    private static final long LEAF_BYTES = 1L << 30;
    private static final long BLOCK_BYTES = 32L << 20;
    private static final long PARTIAL_BYTES = 64L << 20;

    /**
     * The layout of a job.
     *
     * @param rows rows of the table
     * @param rowBytes bytes of its widest row, input or mapped
     * @param partialBytes bytes of the largest partial sum of any pass
     */
    public static Layout of(long rows, long rowBytes, long partialBytes) {
        int leaf = LEAF_ROWS;
        while (leaf > SMALL_BLOCK_ROWS && leaf * rowBytes > LEAF_BYTES) {
            leaf /= 2;
        }
        if (partialBytes > PARTIAL_BYTES) {
            long least = (rows + 63) / 64;
            while (leaf < least && leaf < (1 << 30)) {
                leaf *= 2;
            }
        }
        int block = rowBytes <= 1024 ? Math.min(LEAF_ROWS, leaf) : SMALL_BLOCK_ROWS;
        while (block > 1 && block * rowBytes > BLOCK_BYTES) {
            block /= 2;
        }
        return new Layout(rows, leaf, block);
    }

    /** Number of leaves. */
    public long leaves() {
        return (rows + leafRows - 1) / leafRows;
    }

    /** Rows of a leaf: all but the last are full. */
    public int rowsOfLeaf(long leaf) {
        return (int) Math.min(leafRows, rows - leaf * leafRows);
    }

    /** Blocks of a full leaf. */
    public int blocksPerLeaf() {
        return leafRows / blockRows;
    }

    /** Number of blocks of the table. */
    public long blocks() {
        return leaves() == 0
                ? 0
                : (leaves() - 1) * blocksPerLeaf() + (rowsOfLeaf(leaves() - 1) + blockRows - 1) / blockRows;
    }

    /** Index of the block that starts at a global row. */
    public long blockAt(long firstRow) {
        return firstRow / blockRows;
    }

    /** All leaves. */
    public LeafRange all() {
        return new LeafRange(0, leaves());
    }
}
