package lowrank.io.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.Path;

/**
 * A small JSON file beside a checkpoint, such as {@code adapter_config.json}: an object in UTF-8, no key twice, nothing after its end.
 *
 * @param file as it was
 * @param root the object
 */
public record JsonFile(StoredFile file, JsonNode root) {
    private static final int MOST = 16 << 20;
    private static final int DEEPEST = 32;
    private static final int LONGEST = 1 << 20;

    /** Without the table of names that Jackson shares among parsers, which names made to collide would fill. */
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxStringLength(LONGEST)
                    .maxNameLength(LONGEST)
                    .build())
            .build();

    private static final ObjectMapper MAPPER =
            new ObjectMapper(FACTORY).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /**
     * Reads a file.
     *
     * @throws MissingInputException if it is not there
     * @throws lowrank.io.CorruptFileException if it is not such an object
     */
    public static JsonFile read(HadoopConf conf, String folder, String name) {
        StoredFile file = Folder.file(conf, new Path(folder, name), "and is needed");
        if (file.length() > MOST) {
            throw new DataException(
                    file.path() + " has " + file.length() + " bytes, where at most " + MOST + " of settings are read");
        }
        try (FileBytes in = FileBytes.open(conf, file)) {
            ByteBuffer bytes = in.bytes("text", 0, (int) file.length());
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            JsonNode root = MAPPER.readTree(text);
            if (root == null || !root.isObject()) {
                throw file.corrupt("is no JSON object", null);
            }
            return new JsonFile(file, root);
        } catch (CharacterCodingException | JsonProcessingException e) {
            throw file.corrupt("is not JSON in UTF-8 whose keys are unique", e);
        }
    }

    /** Reads a file that need not be there. */
    public static Optional<JsonFile> find(HadoopConf conf, String folder, String name) {
        try {
            return Optional.of(read(conf, folder, name));
        } catch (MissingInputException e) {
            return Optional.empty();
        }
    }

    /** What identifies the file: its name, length, time and a digest of what it says. */
    public String listing() {
        byte[] text = root.toString().getBytes(StandardCharsets.UTF_8);
        return file.listing(new Path(file.path()).getName(), StoredFile.sha256(ByteBuffer.wrap(text)));
    }

    /** Text of such a file as it may stand in a message: short, and without characters that do not show. */
    public static String shown(String text) {
        return Limits.shown(text);
    }

    /** Whether a file is there. */
    public static boolean exists(HadoopConf conf, String folder, String name) {
        try {
            Folder.file(conf, new Path(folder, name), "");
            return true;
        } catch (MissingInputException e) {
            return false;
        }
    }
}
