package lowrank.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Offenders;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.io.ParquetTableWriter;
import lowrank.linalg.NumericalException;
import org.apache.hadoop.fs.Path;

/**
 * What one thread of a machine does in a second, measured with the code that jobs run.
 *
 * @param gemmDouble GFLOP/s of products of doubles
 * @param gemmFloat GFLOP/s of products of floats
 * @param memory GB/s of copying memory, bytes read and bytes written
 * @param write GB/s of values written as Parquet
 * @param read GB/s of values read from it, from the cache of the operating system
 */
public record Rates(double gemmDouble, double gemmFloat, double memory, double write, double read)
        implements Serializable {
    private static final int WIDTH = 128;
    private static final int MOST_ROUNDS = 5;
    private static final long ENOUGH_NANOS = 400_000_000;
    private static final long FILE_NANOS = 2_500_000_000L;
    private static final int FILE_ROUNDS = 20;
    private static final int GROUP_ROWS = 16_384;
    private static final int MIB = 1 << 20;

    /**
     * How much is measured.
     *
     * @param order of the square matrices that are multiplied
     * @param megabytes size of what is copied, written and read, in MiB
     */
    public record Effort(int order, int megabytes) implements Serializable {
        /** Some seconds. */
        public static final Effort USUAL = new Effort(1024, 64);
    }

    /**
     * Measures in the calling thread, with the BLAS in force.
     *
     * @param folder where a file is written and removed again
     * @throws NumericalException when a product or a value read back is wrong
     * @throws UncheckedIOException when the folder cannot be written to
     */
    public static Rates measure(HadoopConf conf, String folder, Effort effort) {
        double gemmDouble = gemm(Precision.DOUBLE, effort.order());
        double gemmFloat = gemm(Precision.FLOAT, effort.order());
        try (Arena arena = new Arena()) {
            int rows = Math.max(1, effort.megabytes() * (MIB / (8 * WIDTH)));
            long source = arena.doubles((long) rows * WIDTH);
            long target = arena.doubles((long) rows * WIDTH);
            fill(source, Precision.DOUBLE, (long) rows * WIDTH);
            double memory = copy(source, target, 8L * rows * WIDTH);
            double[] file = file(conf, new Path(folder), source, target, rows);
            return new Rates(gemmDouble, gemmFloat, memory, file[0], file[1]);
        }
    }

    /** Something that is done a few times; returns its own time in nanoseconds. */
    private interface Timed {
        long run();
    }

    /** The median time in seconds of up to five runs, fewer where they take long; one more warms up. */
    private static double median(Timed timed) {
        timed.run();
        long[] nanos = new long[MOST_ROUNDS];
        long sum = 0;
        int rounds = 0;
        while (rounds < MOST_ROUNDS && (rounds == 0 || sum < ENOUGH_NANOS)) {
            nanos[rounds] = Math.max(1, timed.run());
            sum += nanos[rounds++];
        }
        java.util.Arrays.sort(nanos, 0, rounds);
        return nanos[rounds / 2] / 1e9;
    }

    /**
     * GFLOP/s of products of square matrices in the calling thread.
     *
     * @throws NumericalException when a product is wrong
     */
    public static double gemm(Precision p, int n) {
        Blas blas = Backend.current();
        try (Arena arena = new Arena()) {
            long a = arena.allocate((long) n * n, p);
            long b = arena.allocate((long) n * n, p);
            long c = arena.allocate((long) n * n, p);
            fill(a, p, (long) n * n);
            fill(b, p, (long) n * n);
            double seconds = median(() -> {
                long start = System.nanoTime();
                blas.gemm(p, true, false, n, n, n, 1, a, n, b, n, 0, c, n);
                return System.nanoTime() - start;
            });
            check(p, n, a, b, c);
            return 2.0 * n * n * n / 1e9 / seconds;
        }
    }

    /** C = A^T B at some places, against plain sums. */
    private static void check(Precision p, int n, long a, long b, long c) {
        for (int t = 0; t < Math.min(n, 16); t++) {
            int i = t * 37 % n;
            int j = t * 101 % n;
            double sum = 0;
            double size = 0;
            for (int k = 0; k < n; k++) {
                double product = value(a, p, (long) i * n + k) * value(b, p, (long) j * n + k);
                sum += product;
                size += Math.abs(product);
            }
            double error = Math.abs(value(c, p, (long) j * n + i) - sum);
            if (!(error <= 2 * n * p.roundoff() * size)) {
                throw new NumericalException("a product of " + p.name().toLowerCase(Locale.ROOT) + "s of order " + n
                        + " is wrong with " + Backend.current().description()
                        + "; set blocks.blas = java, or another OPENBLAS_CORETYPE");
            }
        }
    }

    private static double value(long address, Precision p, long index) {
        return p == Precision.DOUBLE ? OffHeap.getDouble(address + 8 * index) : OffHeap.getFloat(address + 4 * index);
    }

    /** Values without a pattern that a compression or a kernel could profit from. */
    private static void fill(long address, Precision p, long count) {
        long state = 1;
        for (long i = 0; i < count; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            double x = (state >> 11) * 0x1p-52;
            if (p == Precision.DOUBLE) {
                OffHeap.putDouble(address + 8 * i, x);
            } else {
                OffHeap.putFloat(address + 4 * i, (float) x);
            }
        }
    }

    private static double copy(long source, long target, long bytes) {
        double seconds = median(() -> {
            long start = System.nanoTime();
            OffHeap.copy(source, target, bytes);
            return System.nanoTime() - start;
        });
        return 2 * bytes / 1e9 / seconds;
    }

    /** GB/s of writing and reading, each the best of some rounds: the first ones warm up. */
    private static double[] file(HadoopConf conf, Path folder, long source, long target, int rows) {
        double[] best = new double[2];
        double gigabytes = 8.0 * rows * WIDTH / 1e9;
        long begin = System.nanoTime();
        for (int round = 0; round < 2 || round < FILE_ROUNDS && System.nanoTime() - begin < FILE_NANOS; round++) {
            Path file = new Path(folder, ".lowrank-doctor-" + UUID.randomUUID() + ".parquet");
            try {
                long start = System.nanoTime();
                write(conf, file, source, rows);
                long written = System.nanoTime();
                OffHeap.zero(target, 8L * rows * WIDTH);
                long zeroed = System.nanoTime();
                read(conf, file, target, rows);
                best[0] = Math.max(best[0], gigabytes / ((written - start) / 1e9));
                best[1] = Math.max(best[1], gigabytes / ((System.nanoTime() - zeroed) / 1e9));
                long bytes = 8L * rows * WIDTH;
                if (!OffHeap.view(source, bytes).equals(OffHeap.view(target, bytes))) {
                    throw new NumericalException("values read back from " + folder
                            + " are not those written there; check the disk and the memory of this host");
                }
            } finally {
                delete(conf, file);
            }
        }
        return best;
    }

    private static void write(HadoopConf conf, Path file, long source, int rows) {
        List<ParquetTableWriter.Column> columns =
                List.of(new ParquetTableWriter.Column("values", ParquetTableWriter.Type.DOUBLE_VECTOR));
        try (ParquetTableWriter writer = ParquetTableWriter.create(conf, file, columns, "none", Map.of())) {
            for (int row = 0; row < rows; row += GROUP_ROWS) {
                long address = source + 8L * row * WIDTH;
                writer.rowGroup(
                        Math.min(GROUP_ROWS, rows - row),
                        List.of(new ColumnData.VectorData(address, WIDTH, Precision.DOUBLE)));
            }
            writer.finish();
        }
    }

    private static void read(HadoopConf conf, Path file, long target, int rows) {
        ParquetFooter footer = ParquetFooter.read(conf, file);
        List<ParquetRows.Target> targets = List.of(new ParquetRows.Target("values", Precision.DOUBLE, WIDTH, 0));
        try (ParquetRows reader = ParquetRows.open(conf, footer, targets, null, 0)) {
            reader.read(rows, new long[] {target}, 0, new Offenders());
        }
    }

    private static void delete(HadoopConf conf, Path file) {
        try {
            conf.fileSystem(file).delete(file, false);
        } catch (IOException e) {
            throw new UncheckedIOException("removing " + file + " failed: " + e.getMessage(), e);
        }
    }
}
