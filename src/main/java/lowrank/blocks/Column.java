package lowrank.blocks;

import java.io.Serializable;
import lowrank.blas.Precision;

/** A named column of a block: a vector of {@code width} values per row; width 1 is a scalar. */
public record Column(String name, int width, Precision precision) implements Serializable {

    /** Bytes of one row of this column. */
    public long rowBytes() {
        return (long) width * precision.bytes();
    }
}
