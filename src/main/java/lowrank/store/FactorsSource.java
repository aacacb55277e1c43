package lowrank.store;

import java.io.Serializable;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.linalg.NumericalException;
import org.apache.hadoop.fs.Path;

/**
 * Reads the two factors of a matrix from the part that {@link FactorsSink} wrote of it.
 *
 * @param folder of the result
 * @param file of the part, relative to it
 */
public record FactorsSource(HadoopConf conf, String folder, String file) implements Serializable {
    private static final String VALUES = "values";
    private static final int ROWS = 4096;

    /**
     * W ~ out in^T.
     *
     * @param out a row for each output, doubles
     * @param in a row for each input, doubles
     * @param digest of the part, as the sink makes it
     */
    public record Factors(Slab out, Slab in, byte[] digest) {}

    /** Bytes off the heap of {@link #read}. */
    public static long bytes(long numbers) {
        // The factors, and a row group of the file.
        return 8 * numbers + Math.min(8 * numbers, FactorsSink.GROUP_BYTES);
    }

    /**
     * Reads them into memory of the arena.
     *
     * @param rank of the factors
     * @throws NumericalException if the part does not hold factors of such a matrix, row by row
     */
    public Factors read(String name, int outs, int ins, int rank, Arena arena) {
        ParquetFooter footer = ParquetFooter.read(conf, new Path(folder, file));
        int n = Math.addExact(outs, ins);
        // A footer counts a value for each list, of empty ones too.
        int width = footer.field(VALUES).isEmpty()
                ? -1
                : rank == 0
                        ? ParquetRows.firstWidth(conf, footer, VALUES)
                        : footer.field(VALUES).get().width();
        require(width == rank && footer.rows() == n, name);
        long values = arena.doubles((long) n * width);
        List<ParquetRows.Target> targets = new ArrayList<>();
        targets.add(new ParquetRows.Target("row", Precision.DOUBLE, 1, 0));
        if (width > 0) {
            targets.add(new ParquetRows.Target(VALUES, Precision.DOUBLE, width, 0, width));
        }
        long positions = arena.doubles(ROWS);
        double[] position = new double[ROWS];
        try (ParquetRows rows = ParquetRows.open(conf, footer, targets, "side", 0);
                ParquetRows names = ParquetRows.open(conf, footer, List.of(), "name", 0)) {
            for (int first = 0; first < n; first += ROWS) {
                int count = Math.min(ROWS, n - first);
                long[] to = {positions, values + 8L * width * first};
                rows.read(count, width > 0 ? to : new long[] {positions}, first, new Offenders());
                names.read(count, new long[0], first, new Offenders());
                OffHeap.get(positions, position, 0, count);
                String[] sides = ((Ids.Texts) rows.ids()).values();
                require(Arrays.stream(((Ids.Texts) names.ids()).values()).allMatch(name::equals), name);
                for (int i = 0; i < count; i++) {
                    boolean out = first + i < outs;
                    require(
                            sides[i].equals(out ? FactorsSink.OUT : FactorsSink.IN)
                                    && position[i] == first + i - (out ? 0 : outs),
                            name);
                }
            }
        }
        arena.free(positions);
        return new Factors(
                new Slab(values, outs, width, Precision.DOUBLE),
                new Slab(values + 8L * outs * width, ins, width, Precision.DOUBLE),
                digest(values, 8L * n * width));
    }

    /** Takes numbers of rows that lie one after the other. */
    @FunctionalInterface
    public interface Values {
        /** {@code count} doubles at {@code address}. */
        void take(long address, long count);
    }

    /** Visits the vectors of rows {@code from .. from + count} in their order, at most a megabyte of them at a time. */
    public void visit(int from, int count, int rank, Values visitor) {
        if (rank == 0) {
            return;
        }
        ParquetFooter footer = ParquetFooter.read(conf, new Path(folder, file));
        int most = (int) Math.max(1, Math.min(count, (1L << 20) / (8L * rank)));
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(
                        conf,
                        footer,
                        List.of(new ParquetRows.Target(VALUES, Precision.DOUBLE, rank, 0, rank)),
                        null,
                        from)) {
            long block = arena.doubles((long) most * rank);
            for (int done = 0; done < count; done += most) {
                int some = Math.min(most, count - done);
                rows.read(some, new long[] {block}, (long) from + done, new Offenders());
                visitor.take(block, (long) some * rank);
            }
        }
    }

    private static byte[] digest(long address, long bytes) {
        MessageDigest digest = Digests.sha256();
        for (long from = 0; from < bytes; from += FactorsSink.GROUP_BYTES) {
            digest.update(OffHeap.view(address + from, Math.min(FactorsSink.GROUP_BYTES, bytes - from)));
        }
        return digest.digest();
    }

    private void require(boolean right, String name) {
        if (!right) {
            throw new NumericalException(
                    folder + "/" + file + " does not hold the factors of " + name + " row by row; run the job again");
        }
    }
}
