package lowrank.io.checkpoint;

import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;

/**
 * The tensors of a model.
 *
 * @param path as given
 * @param tensors in the order of the files, names are unique
 * @param files that hold them
 * @param listing what identifies the files: paths, sizes, times, digests of headers
 */
public record Checkpoint(
        String path, Format format, List<StoredTensor> tensors, List<StoredFile> files, String listing) {

    /** What a checkpoint is stored as. */
    public enum Format {
        SAFETENSORS,
        ONNX,
        TENSORFLOW,
        NUMPY
    }

    public Checkpoint {
        tensors = List.copyOf(tensors);
        files = List.copyOf(files);
    }

    /**
     * Reads the headers of a checkpoint: a file {@code .safetensors}, {@code .safetensors.index.json} or {@code .onnx}, TensorFlow's
     * {@code variables.index}, NumPy's {@code .npz} or {@code .npy}, or a folder that holds one of these. NumPy's count only where a folder
     * holds nothing else: one {@code .npz}, or else all {@code .npy} of the folder itself, each a tensor.
     *
     * @throws lowrank.io.MissingInputException if it is not there
     * @throws lowrank.io.CorruptFileException if a header is not what its format asks for
     * @throws lowrank.blocks.DataException if the format is not read, such as pickle
     */
    public static Checkpoint open(HadoopConf conf, String path) {
        return CheckpointFiles.open(conf, path);
    }
}
