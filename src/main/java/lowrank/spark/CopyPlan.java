package lowrank.spark;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.io.HadoopConf;
import lowrank.io.RowTargets;

/**
 * What tasks of a copy into order know.
 *
 * @param source the tables that are copied, then position and keys
 * @param widths of the tables
 * @param precision of the copy
 * @param targets where rows belong
 * @param rangeRows rows of a part of the copy
 * @param ranges parts
 */
record CopyPlan(
        HadoopConf conf,
        String folder,
        BlockSource source,
        List<Integer> widths,
        Precision precision,
        RowTargets targets,
        long rows,
        int rangeRows,
        int ranges)
        implements Serializable {
    /** Bytes of the values of a row. */
    long rowBytes() {
        return widths.stream().mapToLong(Integer::longValue).sum() * precision.bytes();
    }

    /** Bytes of a row of one of the tables. */
    int bytes(int table) {
        return widths.get(table) * precision.bytes();
    }

    /** Rows of a part. */
    int rowsOf(int range) {
        return (int) Math.min(rangeRows, rows - (long) range * rangeRows);
    }

    /** The column of a table in the files of the copy. */
    static String column(int table) {
        return "c" + table;
    }
}
