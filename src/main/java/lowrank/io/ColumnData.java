package lowrank.io;

import lowrank.blas.Precision;

/** The rows of one column of a row group that is to be written; arrays may be longer than the row group. */
public sealed interface ColumnData {
    /** For {@link ParquetTableWriter.Type#INT}. */
    record Ints(int[] values) implements ColumnData {}

    /** For {@link ParquetTableWriter.Type#LONG}. */
    record Longs(long[] values) implements ColumnData {}

    /** For {@link ParquetTableWriter.Type#DOUBLE}. */
    record Doubles(double[] values) implements ColumnData {}

    /** For {@link ParquetTableWriter.Type#TEXT}. */
    record Texts(String[] values) implements ColumnData {}

    /**
     * For vectors of either type: rows of {@code width} values at an address, {@code stride} values from row to row. They are
     * converted where the column has another precision.
     */
    record VectorData(long address, int width, int stride, Precision precision) implements ColumnData {
        /** Rows that lie one after the other. */
        public VectorData(long address, int width, Precision precision) {
            this(address, width, width, precision);
        }
    }
}
