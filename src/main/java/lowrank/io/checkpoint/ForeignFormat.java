package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import lowrank.blocks.DataException;
import org.apache.hadoop.fs.Path;

/** Files of models that are never read, each refused with the way to one that is. */
final class ForeignFormat {
    private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle");
    private static final int ZIP_HEADER = 30;
    private static final int LONGEST_NAME = 200;

    private ForeignFormat() {}

    /** Whether a file of this name holds a pickle. */
    static boolean isPickle(String name) {
        return PICKLES.stream().anyMatch(name.toLowerCase(Locale.ROOT)::endsWith);
    }

    /** Whether a file of this name is GGUF. */
    static boolean isGguf(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(".gguf");
    }

    /** Whether a file of this name holds a model that is not read. */
    static boolean isForeign(String name) {
        return isPickle(name) || isGguf(name);
    }

    /** Refuses a file whose first bytes are those of a format that is not read; returns for all others. */
    static void refuse(FileBytes in) {
        int some = (int) Math.min(in.file().length(), ZIP_HEADER + LONGEST_NAME);
        ByteBuffer start = in.bytes("first bytes", 0, some);
        if (some < 4) {
            return;
        }
        if (start.getInt(0) == 0x46554747) { // GGUF
            throw gguf(in.file().path());
        }
        // Pickle begins with its protocol, 2 to 5; PyTorch's archives are zip files that begin with .../data.pkl.
        if ((start.get(0) == (byte) 0x80 && start.get(1) >= 2 && start.get(1) <= 5) || isTorchArchive(start, some)) {
            throw pickle(in.file().path());
        }
    }

    private static boolean isTorchArchive(ByteBuffer start, int some) {
        return some > ZIP_HEADER
                && start.getInt(0) == 0x04034b50
                && new String(start.array(), ZIP_HEADER, some - ZIP_HEADER, StandardCharsets.ISO_8859_1)
                        .contains("data.pkl");
    }

    static DataException pickle(String path) {
        String name = new Path(path).getName();
        return new DataException(
                path
                        + " is a Python pickle, which runs code as it is loaded and is never read; where you trust it, convert it:\n"
                        + "import torch, safetensors.torch\n"
                        + "weights = torch.load('" + name + "', map_location='cpu', weights_only=True)\n"
                        + "safetensors.torch.save_file({k: v.contiguous().clone() for k, v in weights.items()}, 'model.safetensors')");
    }

    static DataException gguf(String path) {
        return new DataException(
                path + " is a GGUF file, which is not read: take the safetensors files that it was made from");
    }
}
