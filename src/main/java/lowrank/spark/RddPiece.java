package lowrank.spark;

import java.io.Serializable;

/**
 * Consecutive rows of an RDD; arrays may be longer.
 *
 * @param firstRow position of the first among all rows
 */
record RddPiece(long firstRow, int rows, double[] values, long[] ids) implements Serializable {}
