package lowrank.weights;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.Slab;
import lowrank.factor.Tsqr;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.MissingInputException;
import lowrank.io.ParquetTable;
import lowrank.linalg.Triangle;

/**
 * Rows that go into each of many matrices, as Parquet: {@code FOLDER/NAME.parquet} by the name of the tensor.
 *
 * @param column the vector column
 */
public record Calibration(HadoopConf conf, String folder, String column) implements Serializable {

    /**
     * Looks for the rows of a matrix.
     *
     * @throws MissingInputException if there are none
     * @throws DataException if they are not as wide as the matrix takes them, or its name leads out of the folder
     */
    public ParquetTable table(Weight weight) {
        String path = folder + "/" + weight.name() + ".parquet";
        ParquetTable table = ParquetTable.open(conf, files(weight.name(), path), List.of(column), null);
        if (table.cols() != weight.in()) {
            throw new DataException(path + " has rows of " + table.cols() + " values, where " + weight.name()
                    + " takes " + weight.in() + "; write what goes into this matrix");
        }
        return table;
    }

    /** The file of this very name, which may hold slashes: whoever named the tensors must not choose what else is read. */
    private List<InputFiles.Entry> files(String name, String path) {
        if (List.of(name.split("/")).contains("..")) {
            throw new DataException("the name of " + name + " leads out of " + folder
                    + ", where its rows should be; exclude it (read.exclude)");
        }
        if (!InputFiles.exists(conf, path)) {
            throw new MissingInputException("there are no rows that go into " + name + ": " + path
                    + " does not exist; write them there, or exclude the matrix (read.exclude)");
        }
        return InputFiles.list(conf, path);
    }

    /**
     * What matrices make of the rows.
     *
     * @param rows ||X||_F
     * @param products ||X M^T||_F of each
     */
    record Norms(double rows, double[] products) {}

    /** Numbers of a block of rows, and of what comes out of it: four megabytes. */
    private static final int BLOCK = 1 << 19;

    /** Bytes off the heap of {@link #norms}: a block of rows as it is read, with its row group, and what comes out. */
    long blockBytes(Weight weight) {
        ParquetTable table = table(weight);
        return table.chunkBytes()
                + 8L * plain(table).blockRows() * table.cols()
                + 8 * Math.max(BLOCK, (long) weight.out());
    }

    private static Layout plain(ParquetTable table) {
        return Layout.of(table.rows(), (long) table.cols() * Precision.DOUBLE.bytes(), 0);
    }

    /**
     * Norms of X M^T for out x in matrices M, a block of rows at a time: what {@link #triangle} is for, from the rows themselves.
     *
     * @param matrices off the heap, doubles
     */
    Norms norms(Weight weight, List<Slab> matrices, Arena arena) {
        int in = weight.in();
        int out = weight.out();
        ParquetTable table = table(weight);
        BlockSource rows = table.source(Precision.DOUBLE, plain(table));
        int most = Math.max(1, BLOCK / Math.max(in, out));
        long outputs = arena.doubles((long) most * out);
        double[] norms = new double[matrices.size()];
        double norm = 0;
        try (Arena own = new Arena();
                BlockStream blocks = rows.open(rows.layout().all(), false, own)) {
            for (Block block = blocks.next(); block != null; block = blocks.next()) {
                Slab x = block.first();
                norm = Math.hypot(norm, FactorPair.norm(x.address(), x.count()));
                for (int first = 0; first < x.rows(); first += most) {
                    int count = Math.min(most, x.rows() - first);
                    for (int i = 0; i < norms.length; i++) {
                        // Rows are columns to BLAS: M X^T, out x count.
                        Backend.current()
                                .gemm(
                                        Precision.DOUBLE,
                                        true,
                                        false,
                                        out,
                                        count,
                                        in,
                                        1,
                                        matrices.get(i).address(),
                                        in,
                                        x.row(first),
                                        in,
                                        0,
                                        outputs,
                                        out);
                        norms[i] = Math.hypot(norms[i], FactorPair.norm(outputs, (long) count * out));
                    }
                }
            }
        }
        arena.free(outputs);
        return new Norms(norm, norms);
    }

    private static Layout layout(ParquetTable table) {
        return Layout.of(
                table.rows(), (long) table.cols() * Precision.DOUBLE.bytes(), Tsqr.triangleBytes(table.cols()));
    }

    /** Bytes off the heap of {@link #triangle} while it reads: a row group, a block of rows, and the work of its QR. */
    long triangleBytes(Weight weight) {
        ParquetTable table = table(weight);
        Layout layout = layout(table);
        return table.chunkBytes() + 8L * layout.blockRows() * table.cols() + Tsqr.triangleWork(layout, table.cols());
    }

    /** R of X = Q R in memory of the arena, in x in, by columns: what M makes of all rows has the norm ||R M^T||_F. */
    long triangle(Weight weight, Arena arena) {
        ParquetTable table = table(weight);
        Layout layout = layout(table);
        Triangle r = Tsqr.triangle(LocalBlocks.of(table.source(Precision.DOUBLE, layout)));
        long address = arena.doubles((long) weight.in() * weight.in());
        r.store(address, weight.in());
        return address;
    }
}
