package lowrank.io.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import lowrank.blas.OffHeap;
import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import lowrank.linalg.NumericalException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Files of a checkpoint copied byte for byte, but for the values of some tensors: these are other numbers of the same type and shape in the
 * same place, so whatever structure a format has stays as it was. Streams: memory is two pieces of 256 KB, however large the files are.
 */
public final class PatchedCopy {
    private static final int PIECE = 1 << 18;

    private final HadoopConf conf;
    private final Values values;
    private final byte[] bytes = new byte[PIECE];
    private final ByteBuffer piece = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private final double[] tile = new double[OffHeap.TILE];
    private final double[] stored = new double[OffHeap.TILE];

    private PatchedCopy(HadoopConf conf, Values values) {
        this.conf = conf;
        this.values = values;
    }

    /** Gives the numbers that replace those of a tensor. */
    @FunctionalInterface
    public interface Values {
        /**
         * Asked once for each tile, in the order of the file.
         *
         * @param tile to be filled, tile[0 .. count) = the numbers {@code first .. first + count}; each is rounded once to the tensor's type
         */
        void fill(StoredTensor tensor, long first, double[] tile, int count);
    }

    /**
     * What was written.
     *
     * @param sha256 of all its bytes
     */
    public record Written(String path, long bytes, String sha256) {}

    /**
     * Copies one file.
     *
     * @param replaced tensors that lie in it; others of other files are passed over
     * @param target where nothing is yet; what was begun is removed when copying fails
     * @throws DataException naming a replaced tensor whose numbers are whole or quantised
     * @throws NumericalException naming a tensor that was given a number beyond its type
     */
    public static Written file(
            HadoopConf conf, StoredFile source, List<StoredTensor> replaced, Values values, String target) {
        return new PatchedCopy(conf, values).copy(source, ordered(source, replaced), new Path(target));
    }

    /**
     * Copies all files of a checkpoint under their names into a folder, as an ONNX model with values in files beside it asks for.
     *
     * @param files all that hold tensors, such as {@link Checkpoint#files()}
     * @throws IllegalArgumentException if a replaced tensor lies in none of them
     */
    public static List<Written> folder(
            HadoopConf conf, List<StoredFile> files, List<StoredTensor> replaced, Values values, String folder) {
        for (StoredTensor tensor : replaced) {
            if (!files.contains(tensor.file())) {
                throw new IllegalArgumentException(
                        tensor.name() + " lies in " + tensor.file().path() + ", which is not copied");
            }
        }
        PatchedCopy copy = new PatchedCopy(conf, values);
        List<Written> written = new ArrayList<>();
        for (StoredFile source : files) {
            Path target = new Path(folder, new Path(source.path()).getName());
            written.add(copy.copy(source, ordered(source, replaced), target));
        }
        return List.copyOf(written);
    }

    private static List<StoredTensor> ordered(StoredFile source, List<StoredTensor> replaced) {
        List<StoredTensor> here = new ArrayList<>();
        for (StoredTensor tensor : replaced) {
            if (!tensor.type().floating()) {
                throw new DataException(tensor.name() + " of " + tensor.file().path() + " holds "
                        + (tensor.quantisation() == null ? "whole" : "quantised")
                        + " numbers, which cannot be replaced in place; take a model with float32 or float16 weights");
            }
            if (tensor.packing() != null) {
                throw new DataException(tensor.name() + " of " + tensor.file().path()
                        + " is compressed, in Fortran order, big-endian or in an archive, which is read and not written;"
                        + " take a safetensors or ONNX model");
            }
            if (tensor.file().equals(source)) {
                here.add(tensor);
            }
        }
        StoredRanges.refuseOverlaps(here);
        here.sort(Comparator.comparingLong(StoredTensor::offset));
        return here;
    }

    private Written copy(StoredFile source, List<StoredTensor> replaced, Path target) {
        FileSystem system = conf.fileSystem(target);
        MessageDigest digest = sha256();
        try (FSDataInputStream in = source.open(conf)) {
            OutputStream out = system.create(target, false);
            boolean done = false;
            try {
                try (out) {
                    copy(source, in, replaced, out, digest, target);
                }
                done = true;
            } finally {
                if (!done) {
                    remove(system, target);
                }
            }
        } catch (IOException e) {
            throw cannotWrite(target, e);
        }
        return new Written(target.toString(), source.length(), HexFormat.of().formatHex(digest.digest()));
    }

    private void copy(
            StoredFile source,
            FSDataInputStream in,
            List<StoredTensor> replaced,
            OutputStream out,
            MessageDigest digest,
            Path target)
            throws IOException {
        long at = 0;
        for (StoredTensor tensor : replaced) {
            copy(source, in, tensor.offset() - at, out, digest, target);
            patch(tensor, out, digest, target);
            at = tensor.offset() + tensor.bytes();
            if (at < source.length()) {
                in.seek(at);
            }
        }
        copy(source, in, source.length() - at, out, digest, target);
    }

    private void copy(
            StoredFile source, FSDataInputStream in, long count, OutputStream out, MessageDigest digest, Path target) {
        for (long done = 0; done < count; ) {
            int some = (int) Math.min(PIECE, count - done);
            try {
                in.readFully(bytes, 0, some);
            } catch (EOFException e) {
                throw source.corrupt("ends before its last byte", e);
            } catch (IOException e) {
                throw StoredFile.cannotRead(source.path(), e);
            }
            put(some, out, digest, target);
            done += some;
        }
    }

    private void patch(StoredTensor tensor, OutputStream out, MessageDigest digest, Path target) {
        int size = tensor.type().bytes();
        long count = tensor.count();
        int most = PIECE / size;
        for (long first = 0; first < count; ) {
            int filled = 0;
            while (filled < most && first < count) {
                int some = (int) Math.min(Math.min(tile.length, most - filled), count - first);
                values.fill(tensor, first, tile, some);
                tensor.type().encode(tile, some, piece, filled * size);
                requireFinite(tensor, filled * size, some);
                filled += some;
                first += some;
            }
            put(filled * size, out, digest, target);
        }
    }

    private void requireFinite(StoredTensor tensor, int at, int count) {
        tensor.type().decode(piece, at, stored, count);
        for (int i = 0; i < count; i++) {
            if (!Double.isFinite(stored[i])) {
                throw new NumericalException("a new value of " + tensor.name() + " is "
                        + (Double.isFinite(tile[i]) ? "beyond the range of " + tensor.type() : "not a finite number")
                        + ": nothing is written; take a smaller change, or a model of a wider type");
            }
        }
    }

    private void put(int count, OutputStream out, MessageDigest digest, Path target) {
        digest.update(bytes, 0, count);
        try {
            out.write(bytes, 0, count);
        } catch (IOException e) {
            throw cannotWrite(target, e);
        }
    }

    /** Best effort: the failure that is on its way says more. */
    private static void remove(FileSystem system, Path target) {
        try {
            system.delete(target, false);
        } catch (IOException e) {
            // what could not be written need not be there
        }
    }

    private static UncheckedIOException cannotWrite(Path target, IOException e) {
        return new UncheckedIOException(target + " cannot be written: " + e.getMessage(), e);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
