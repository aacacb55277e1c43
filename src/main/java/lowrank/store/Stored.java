package lowrank.store;

import java.io.Serializable;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.Column;
import lowrank.io.ParquetTableWriter.Type;

/** How a column of rows is stored. What is digested are the bytes of vectors as they are stored, of numbers and codes as they come. */
public sealed interface Stored extends Serializable {
    /** A list of float or double, of any width. */
    record Vector(Precision precision) implements Stored {}

    /** One double. */
    record Number() implements Stored {}

    /** The class of each code, in the input's type of the label. */
    record Class(Classes classes) implements Stored {}

    /** Not at all: what a pass looks at beside the writing. */
    record Hidden() implements Stored {}

    /** The column of the file. */
    default Type type() {
        if (this instanceof Vector vector) {
            return vector.precision() == Precision.FLOAT ? Type.FLOAT_VECTOR : Type.DOUBLE_VECTOR;
        }
        if (this instanceof Class labels) {
            return Type.valueOf(labels.classes().type().name());
        }
        return Type.DOUBLE;
    }

    /** Bytes of a row until its row group is written. */
    default long rowBytes(Column column) {
        if (this instanceof Hidden) {
            return 0;
        }
        return this instanceof Vector vector
                ? (long) column.width() * vector.precision().bytes()
                : Double.BYTES;
    }
}
