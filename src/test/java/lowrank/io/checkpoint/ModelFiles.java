package lowrank.io.checkpoint;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import lowrank.io.StoredFile;

/** Real models: {@code scripts/fetch-models FOLDER}, then {@code mvn verify -Pmodels -Dlowrank.models=FOLDER}. */
final class ModelFiles {
    private ModelFiles() {}

    static Path path(String name) {
        String folder = System.getProperty("lowrank.models");
        assumeTrue(folder != null && !folder.isEmpty(), "lowrank.models is not set");
        Path file = Path.of(folder, name);
        assumeTrue(Files.exists(file), () -> file + " is not there");
        return file;
    }

    static StoredFile stored(String name) {
        return StoredFile.look(OnnxModel.CONF, path(name).toString());
    }
}
