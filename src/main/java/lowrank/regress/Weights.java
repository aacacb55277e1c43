package lowrank.regress;

import java.util.Arrays;
import lowrank.blocks.Block;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/** The weights of the rows of a block: column 2 where there is one, else ones. */
final class Weights {
    /** The column of weights. */
    static final int COLUMN = 2;

    private final RowReader reader;
    private double[] weights = new double[0];

    Weights(Schema schema) {
        reader = present(schema) ? new RowReader(schema.columns().get(COLUMN)) : null;
    }

    static boolean present(Schema schema) {
        return schema.columns().size() > COLUMN;
    }

    /** Valid until the next call. */
    double[] read(Block block) {
        if (weights.length < block.rows()) {
            weights = new double[block.rows()];
            Arrays.fill(weights, 1);
        }
        if (reader != null) {
            Slab slab = block.columns().get(COLUMN);
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int count = Math.min(reader.panelRows(), block.rows() - first);
                System.arraycopy(reader.read(slab, first, count), 0, weights, first, count);
            }
        }
        return weights;
    }
}
