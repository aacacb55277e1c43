package lowrank.factor;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;

/**
 * U as maps of the rows of A, computed when they are asked for; A stays at hand beside them.
 *
 * @param rows the input
 * @param packing input -> rows of A
 * @param unit what singular values of the packed rows are divided by to be those of the input
 * @param maps packed rows -> rows of U, one after the other
 */
public record LeftFactor(RowBlocks rows, Packing packing, double unit, List<BlockMap> maps) {

    /** The packed rows themselves, to be mapped further. */
    static LeftFactor of(RowBlocks rows, Packing packing, double unit) {
        return new LeftFactor(rows, packing, unit, List.of());
    }

    /** These rows through one more map. */
    LeftFactor then(BlockMap map) {
        List<BlockMap> longer = new ArrayList<>(maps);
        longer.add(map);
        return new LeftFactor(rows, packing, unit, List.copyOf(longer));
    }

    /** The rows of U. */
    RowBlocks table() {
        RowBlocks table = rows.map(new Pack(packing));
        for (BlockMap map : maps) {
            table = table.map(map);
        }
        return table;
    }

    /** The rows of U, and beside them those of (A - U S V^T) W, with U as it is stored: {@link WithResidual}. */
    RowBlocks withResidual(Precision stored, Matrix probes, Matrix images) {
        return rows.map(new Pack(packing)).map(new WithResidual(maps, stored, probes, images));
    }
}
