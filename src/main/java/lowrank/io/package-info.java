/**
 * File formats. Parquet vectors are read and written a page at a time: {@link lowrank.io.ParquetFooter} says what a file
 * holds, {@link lowrank.io.ParquetRows} brings rows to addresses, {@link lowrank.io.ParquetTableWriter} writes tables.
 */
package lowrank.io;
