package lowrank.io;

import java.util.List;
import java.util.function.Function;
import lowrank.blocks.Offenders;

/**
 * Rows of a column of Spark's vectors, dense and sparse, as the vectors they stand for.
 *
 * <p>A row group that holds no sparse vector is read as the list column that its values are.
 */
final class SparkVectorColumn implements TargetColumn {
    /** Spark's mark of a dense vector; 0 is that of a sparse one. */
    private static final int DENSE = 1;

    /** What is noted for a row that is null. */
    private static final int NONE = -1;

    /**
     * The parts of Spark's struct.
     *
     * @param type 0 sparse, 1 dense
     * @param size of a sparse vector; null for a dense one
     * @param indices of a sparse vector's values; null for a dense one
     */
    record Parts(Leaf type, Leaf size, Leaf indices, Leaf values) {
        List<Leaf> leaves() {
            return List.of(type, size, indices, values);
        }
    }

    private final String name;
    private final Parts parts;
    private final int width;
    private final NumberColumn dense;
    private final ListCursor size;
    private final ListCursor indices;
    private final ListCursor values;

    private Place place;
    private byte[] types;
    private boolean sparse;
    private int row;

    SparkVectorColumn(String name, Parts parts, int width) {
        this.name = name;
        this.parts = parts;
        this.width = width;
        this.dense = new NumberColumn(name, parts.values(), width);
        this.size = new ListCursor(parts.size());
        this.indices = new ListCursor(parts.indices());
        this.values = new ListCursor(parts.values());
    }

    @Override
    public List<Leaf> leaves() {
        return parts.leaves();
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public void start(Function<Leaf, ChunkPages> chunks, long rows) {
        ChunkPages first = chunks.apply(parts.type());
        place = first.place();
        row = 0;
        sparse = false;
        try {
            ListCursor type = new ListCursor(parts.type());
            type.start(first);
            types = new byte[Math.toIntExact(rows)];
            for (int i = 0; i < types.length; i++) {
                types[i] = (byte) (type.next() == 1 ? type.integer(0) : NONE);
                sparse |= types[i] >= 0 && types[i] != DENSE;
            }
            if (sparse) {
                size.start(chunks.apply(parts.size()));
                indices.start(chunks.apply(parts.indices()));
                values.start(chunks.apply(parts.values()));
            } else {
                dense.start(chunks, rows);
            }
        } catch (RuntimeException e) {
            throw place.corrupt(e);
        }
    }

    @Override
    public void finish() {
        if (!sparse) {
            dense.finish();
        }
    }

    @Override
    public void read(int rows, Destination to, long globalRow, Offenders offenders) {
        if (!sparse) {
            dense.read(rows, to, globalRow, offenders);
            return;
        }
        try {
            for (int i = 0; i < rows; i++) {
                int length = values.next();
                int places = indices.next();
                int told = size.next() == 1 ? size.integer(0) : NONE;
                byte type = types[row++];
                if (to == null) {
                    continue;
                }
                String problem = problem(type, length, places, told);
                to.zero(i);
                if (problem != null) {
                    offenders.add(globalRow + i, name, problem);
                    continue;
                }
                for (int j = 0; j < length; j++) {
                    to.put(i, type == DENSE ? j : indices.integer(j), values.number(j));
                }
            }
        } catch (RuntimeException e) {
            throw place.corrupt(e);
        }
    }

    private String problem(byte type, int length, int places, int told) {
        if (type == NONE || length == ListCursor.NULL) {
            return "is null";
        }
        if (length == ListCursor.HOLED) {
            return "has a null element";
        }
        int held = type == DENSE ? length : told;
        if (held != width) {
            return "has " + held + (held == 1 ? " value" : " values") + " instead of " + width;
        }
        if (type == DENSE) {
            return null;
        }
        if (places != length) {
            return "has not one index for each value";
        }
        for (int j = 0; j < places; j++) {
            if (indices.integer(j) < 0 || indices.integer(j) >= width) {
                return "has an index outside of its size";
            }
        }
        return null;
    }

    /** The size of the first vector of a row group; 0 if all are null. */
    static int firstWidth(Parts parts, Function<Leaf, ChunkPages> chunks, long rows) {
        ChunkPages first = chunks.apply(parts.type());
        try {
            ListCursor type = new ListCursor(parts.type());
            ListCursor size = new ListCursor(parts.size());
            ListCursor values = new ListCursor(parts.values());
            type.start(first);
            size.start(chunks.apply(parts.size()));
            values.start(chunks.apply(parts.values()));
            int width = 0;
            for (long row = 0; row < rows && width <= 0; row++) {
                boolean isDense = type.next() == 1 && type.integer(0) == DENSE;
                int told = size.next() == 1 ? size.integer(0) : NONE;
                int length = values.next();
                width = isDense ? length : told;
            }
            return Math.max(0, width);
        } catch (RuntimeException e) {
            throw first.place().corrupt(e);
        }
    }
}
