package lowrank.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The smallest real model, all-MiniLM-L6-v2 with weights of 8 bits, from the jar that the tests depend on. */
public final class SmokeModel {
    private SmokeModel() {}

    /** The model as a file of a folder. */
    public static Path onnx(Path folder) {
        return copy("all-minilm-l6-v2-q.onnx", folder);
    }

    /** Its tokens. */
    public static WordPiece tokens(Path folder) {
        return WordPiece.read(copy("all-minilm-l6-v2-q-tokenizer.json", folder));
    }

    private static Path copy(String name, Path folder) {
        Path file = folder.resolve(name);
        try (InputStream in = SmokeModel.class.getResourceAsStream("/" + name)) {
            Files.copy(in, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }
}
