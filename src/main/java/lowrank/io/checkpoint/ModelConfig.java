package lowrank.io.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.io.StoredFile;

/**
 * What {@code config.json} beside a checkpoint says of its attention heads; 0 where it does not.
 *
 * @param path of the file, or null where there is none
 * @param heads of a layer
 * @param keyValueHeads heads of a layer that have keys and values of their own
 * @param size numbers that a head reads
 */
public record ModelConfig(String path, int heads, int keyValueHeads, int size) {
    private static final String NAME = "config.json";

    /** Such files have some kilobytes. */
    private static final int LARGEST = 1 << 20;

    /**
     * Looks for the file.
     *
     * @throws lowrank.io.CorruptFileException if it is there and is no JSON, or its numbers are none of heads
     */
    public static ModelConfig beside(HadoopConf conf, Checkpoint checkpoint) {
        String first = checkpoint.files().get(0).path();
        StoredFile file;
        try {
            file = StoredFile.look(conf, first.substring(0, first.lastIndexOf('/') + 1) + NAME);
        } catch (MissingInputException e) {
            return new ModelConfig(null, 0, 0, 0);
        }
        if (file.length() > LARGEST) {
            throw file.corrupt("is larger than a configuration of a model", null);
        }
        ByteBuffer text;
        try (FileBytes in = FileBytes.open(conf, file)) {
            text = in.bytes("text", 0, (int) file.length());
        }
        JsonNode json;
        try {
            json = new ObjectMapper().readTree(text.array());
        } catch (IOException e) {
            throw file.corrupt("is not JSON", e);
        }
        return new ModelConfig(
                file.path(),
                number(file, json, "num_attention_heads", "n_head"),
                number(file, json, "num_key_value_heads", "num_kv_heads"),
                number(file, json, "head_dim", "attention_head_size"));
    }

    private static int number(StoredFile file, JsonNode json, String... keys) {
        for (String key : keys) {
            JsonNode node = json.path(key);
            if (!node.isMissingNode() && !node.isNull()) {
                if (!node.isInt() || node.intValue() < 1) {
                    throw file.corrupt("holds no number of at least 1 as " + key, null);
                }
                return node.intValue();
            }
        }
        return 0;
    }
}
