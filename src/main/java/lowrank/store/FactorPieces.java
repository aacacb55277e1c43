package lowrank.store;

import java.io.Serializable;
import java.security.MessageDigest;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Offenders;
import lowrank.blocks.RowSink;
import lowrank.blocks.Slab;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.io.ParquetTableWriter;
import org.apache.hadoop.fs.Path;

/**
 * The factors of a matrix that all tasks worked on, in files of consecutive rows. One task more makes a part of them that is like that of any
 * other matrix, a row group at a time.
 *
 * @param index of the matrix among all
 * @param rank columns of both, at least 1
 * @param out files of the outer factor, in the order of its rows, with a column {@link #COLUMN}
 * @param in files of the inner factor
 */
public record FactorPieces(FactorsSink sink, int index, String name, int rank, List<String> out, List<String> in)
        implements Serializable {
    /** The column of the values in a file. */
    public static final String COLUMN = "values";

    public FactorPieces {
        out = List.copyOf(out);
        in = List.copyOf(in);
    }

    /** A sink for the rows of one factor. */
    public static RowSink sink(FactorsSink sink, String folder) {
        return new FactorSink(sink.conf(), folder, List.of(new Stored.Vector(sink.precision())), "none", true);
    }

    /** Numbers of both factors. */
    public long values() {
        return rank * (rows(out) + rows(in));
    }

    private long rows(List<String> files) {
        return files.stream().mapToLong(file -> footer(file).rows()).sum();
    }

    private ParquetFooter footer(String file) {
        return ParquetFooter.read(sink.conf(), new Path(file));
    }

    /** Makes the part. */
    public RowSink.Written join(Arena arena) {
        Slab group = new Slab(
                arena.doubles((long) FactorsSink.groupRows(rank) * rank),
                FactorsSink.groupRows(rank),
                rank,
                Precision.DOUBLE);
        return sink.part(index, rows(out) + rows(in), (writer, digest) -> {
            copy(out, FactorsSink.OUT, group, writer, digest);
            copy(in, FactorsSink.IN, group, writer, digest);
        });
    }

    private void copy(List<String> files, String side, Slab group, ParquetTableWriter writer, MessageDigest digest) {
        List<ParquetRows.Target> targets = List.of(new ParquetRows.Target(COLUMN, Precision.DOUBLE, rank, 0));
        long first = 0;
        int filled = 0;
        for (String file : files) {
            ParquetFooter footer = footer(file);
            try (ParquetRows rows = ParquetRows.open(sink.conf(), footer, targets, null, 0)) {
                for (long left = footer.rows(); left > 0; ) {
                    int some = (int) Math.min(left, group.rows() - filled);
                    rows.read(some, new long[] {group.row(filled)}, first + filled, new Offenders());
                    filled += some;
                    left -= some;
                    if (filled == group.rows()) {
                        FactorsSink.rows(writer, name, side, group, first, digest);
                        first += filled;
                        filled = 0;
                    }
                }
            }
        }
        if (filled > 0) {
            Slab rest = new Slab(group.address(), filled, rank, Precision.DOUBLE);
            FactorsSink.rows(writer, name, side, rest, first, digest);
        }
    }
}
