package lowrank.io.checkpoint;

import java.io.Serializable;
import java.util.List;
import lowrank.io.StoredFile;

/**
 * A tensor of a checkpoint: numbers that lie in a file, one after the other in C order unless it is packed otherwise.
 *
 * @param name its path in the model, such as {@code encoder.layer.0.attention.self.query.weight}
 * @param storedName its name in the file, where that is another
 * @param shape as stored, each at least 0; empty for a scalar
 * @param file that holds the values
 * @param offset of the first value in the file, or of what it is to be inflated from
 * @param role what a graph, where the format has one, tells of it
 * @param quantisation how whole numbers become weights, or null
 * @param packing how the values lie in the file where they are not little-endian and in C order, or in an archive; or null
 */
public record StoredTensor(
        String name,
        String storedName,
        ElementType type,
        List<Long> shape,
        StoredFile file,
        long offset,
        Role role,
        Quantisation quantisation,
        Packing packing)
        implements Serializable {

    /** What a tensor is to the model. */
    public enum Role {
        /** The format does not say. A matrix of this role is taken as (out, in), as PyTorch's linear layers are. */
        UNKNOWN,
        /** A matrix that inputs are multiplied with, stored (in, out). */
        IN_OUT,
        /** A matrix that inputs are multiplied with, stored (out, in). */
        OUT_IN,
        /** A table that rows are taken from. */
        EMBEDDING
    }

    /**
     * weight = (whole number - zero point) * scale.
     *
     * @param scale one number, or one for each index of {@code axis}
     * @param zeroPoint of the same length, or null for zeros
     * @param axis of the shape that scales belong to; 0 where there is one scale for all
     */
    public record Quantisation(StoredTensor scale, StoredTensor zeroPoint, int axis) implements Serializable {}

    public StoredTensor {
        shape = List.copyOf(shape);
    }

    /** A tensor whose values lie as they are. */
    public StoredTensor(
            String name,
            String storedName,
            ElementType type,
            List<Long> shape,
            StoredFile file,
            long offset,
            Role role,
            Quantisation quantisation) {
        this(name, storedName, type, shape, file, offset, role, quantisation, null);
    }

    /** Whether runs of its numbers can be read from anywhere: of what is compressed only from its beginning on. */
    public boolean isRandomAccess() {
        return packing == null || !packing.deflated() && (!packing.columnMajor() || shape.size() == 2);
    }

    /** Whether a matrix is stored column by column: its file then holds the transpose, row by row. */
    public boolean isTransposed() {
        return packing != null && packing.columnMajor() && shape.size() == 2;
    }

    /** The transpose of a matrix that {@link #isTransposed}: the same bytes, taken row by row. */
    public StoredTensor transposed() {
        return new StoredTensor(
                name,
                storedName,
                type,
                List.of(shape.get(1), shape.get(0)),
                file,
                offset,
                role,
                quantisation,
                new Packing(packing.bigEndian(), false, packing.member()));
    }

    /** Numbers held. */
    public long count() {
        long count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    /** Bytes of its numbers. */
    public long bytes() {
        return Math.multiplyExact(count(), type.bytes());
    }

    /** Whether its numbers are, or become, numbers with fractions. */
    public boolean isWeight() {
        return type.floating() || quantisation != null;
    }
}
