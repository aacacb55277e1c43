package lowrank.kernel;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Slab;

/**
 * z(x), a vector of features per row with z(x)'z(y) = k(x, y), in expectation over the seed (random features) or as nearly as landmarks
 * tell (Nyström).
 *
 * <p>Travels to the tasks: random numbers travel as a seed and are made again, once per executor and not once per task.
 */
public interface FeatureMap extends Serializable {
    /** Values of a row x. */
    int inputs();

    /** Features of a row, D. */
    int size();

    /** The kernel that the features stand for. */
    Kernel kernel();

    /** The maps of several draws that this one has beside each other; itself where it is one draw. */
    default List<FeatureMap> draws() {
        return List.of(this);
    }

    /** Floating-point operations for so many rows. */
    double flops(long rows);

    /** Bytes off the heap that a {@link Mapper} of blocks of this layout holds; for plans. */
    long mapperBytes(Layout layout, Column input);

    /** Opens the working half for one task. */
    Mapper open(Arena arena, Column input, Layout layout);

    /** The working half: owned by one thread. */
    interface Mapper {
        /** The features of the rows of a block, row by row, in the precision of the input; valid until the next call. */
        Slab map(Slab rows);

        /** The same, for maps whose messages name rows: {@code firstRow} is the global position of the first. */
        default Slab map(Slab rows, long firstRow) {
            return map(rows);
        }
    }
}
