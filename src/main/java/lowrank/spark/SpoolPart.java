package lowrank.spark;

import java.io.Serializable;
import lowrank.blocks.Offenders;

/**
 * A finished part of a spool.
 *
 * @param source index of the input file its rows come from
 * @param first number of the first line or row of the input that went in
 * @param last number of the last
 * @param lines lines that were read to make it
 * @param path where it lies; null when it has no rows
 * @param offenders by line or row of the input
 */
record SpoolPart(int source, long first, long last, long lines, long rows, String path, Offenders offenders)
        implements Serializable {}
