package lowrank.attention;

import java.util.Arrays;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/** Which rows of a block a mask shows; all where there is none. One thread's. */
final class Shown {
    private final RowReader reader;
    private boolean[] shown = new boolean[0];
    private boolean all = true;

    Shown(Schema schema) {
        reader = Heads.masked(schema) ? new RowReader(schema.columns().get(Heads.MASK)) : null;
    }

    /** Takes the rows of a block; {@code mask} is null where there is none. */
    void read(Slab mask, int rows) {
        if (shown.length < rows) {
            shown = new boolean[rows];
            Arrays.fill(shown, true);
        }
        if (mask == null) {
            return;
        }
        all = true;
        for (int first = 0; first < rows; first += reader.panelRows()) {
            int some = Math.min(reader.panelRows(), rows - first);
            double[] values = reader.read(mask, first, some);
            for (int i = 0; i < some; i++) {
                shown[first + i] = values[i] != 0;
                all &= shown[first + i];
            }
        }
    }

    /** Whether no row of the block is hidden. */
    boolean all() {
        return all;
    }

    boolean row(int row) {
        return shown[row];
    }
}
