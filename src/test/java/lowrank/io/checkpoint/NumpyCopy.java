package lowrank.io.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** A checkpoint of doubles once more as .npz, every way that NumPy may store it. */
public final class NumpyCopy {
    private NumpyCopy() {}

    /** Tensors by turns in C and in Fortran order, compressed or not, little-endian or big-endian. */
    public static Path npz(Path model, Path npz) throws IOException {
        ZipBytes zip = new ZipBytes();
        int i = 0;
        for (StoredTensor tensor :
                Checkpoint.open(OnnxModel.CONF, model.toString()).tensors()) {
            byte[] array = array(tensor, i % 2 == 1, i % 5 == 3);
            String name = tensor.name() + ".npy";
            zip = i % 3 == 1 ? zip.deflate(name, array) : zip.add(name, array);
            i++;
        }
        return Files.write(npz, zip.bytes());
    }

    private static byte[] array(StoredTensor tensor, boolean fortran, boolean big) {
        double[] values = TensorReader.all(OnnxModel.CONF, tensor);
        boolean turned = fortran && tensor.shape().size() == 2;
        int cols = turned ? Math.toIntExact(tensor.shape().get(1)) : 1;
        int rows = values.length / cols;
        ByteBuffer bytes =
                ByteBuffer.allocate(8 * values.length).order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < values.length; at++) {
            bytes.putDouble(turned ? values[at % rows * cols + at / rows] : values[at]);
        }
        String shape = tensor.shape().stream().map(String::valueOf).collect(Collectors.joining(", ", "", ", "));
        return ZipBytes.npy(ZipBytes.header(big ? ">f8" : "<f8", turned, shape), bytes.array());
    }
}
