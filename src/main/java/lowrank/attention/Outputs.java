package lowrank.attention;

import lowrank.blocks.BlockMap;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.Scan;

/** How outputs are made of the rows of a head: values per query, in a column of that name. */
public sealed interface Outputs {
    /** The outputs of all rows, lazily; a {@link Scanned} reads them once to sum. */
    RowBlocks of(RowBlocks rows);

    /** Block by block: outputs of a query depend on nothing else in its block. */
    record Mapped(BlockMap map) implements Outputs {
        @Override
        public RowBlocks of(RowBlocks rows) {
            return rows.map(map);
        }
    }

    /** Each block with the sum of all before it: causal. */
    record Scanned(Scan<?> scan) implements Outputs {
        @Override
        public RowBlocks of(RowBlocks rows) {
            return rows.scan(scan);
        }
    }
}
