package lowrank.io.checkpoint;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;

/**
 * What {@code model.safetensors.index.json} says: which tensors lie in which file beside it.
 *
 * <pre>{"metadata": {"total_size": 548}, "weight_map": {"lm_head.weight": "model-00002-of-00002.safetensors", ...}}</pre>
 */
final class ShardIndex {
    private static final int MOST_SHARDS = 10_000;

    /** One file beside the index: no separators, no drive or scheme, nothing that a shell or a file system gives a meaning. */
    private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]{0,200}\\.safetensors");

    private ShardIndex() {}

    /** Names of the tensors of each shard. */
    static Map<String, Set<String>> read(HadoopConf conf, StoredFile file) {
        if (file.length() > Limits.HEADER) {
            throw file.corrupt(
                    "has " + file.length() + " bytes, where " + Limits.HEADER + " of an index are read", null);
        }
        try (FileBytes in = FileBytes.open(conf, file)) {
            return new Parser(file)
                    .parse(new StrictJson(file, "list of shards", in.bytes("text", 0, (int) file.length())));
        }
    }

    private static final class Parser {
        private final StoredFile file;
        private final Map<String, Set<String>> shards = new TreeMap<>();
        private long tensors;
        private boolean mapped;

        Parser(StoredFile file) {
            this.file = file;
        }

        Map<String, Set<String>> parse(StrictJson json) {
            json.object(key -> {
                if (key.equals("weight_map")) {
                    mapped = true;
                    json.object(name -> place(Limits.name(file, name), json.string()));
                } else {
                    json.skip();
                }
            });
            json.end();
            if (!mapped) {
                throw file.corrupt("has no weight_map", null);
            }
            return shards;
        }

        private void place(String name, String shard) {
            if (!SHARD.matcher(shard).matches()) {
                throw file.corrupt(
                        "places " + name + " in " + Limits.shown(shard)
                                + ", which is not the name of a .safetensors file beside it",
                        null);
            }
            shards.computeIfAbsent(shard, s -> new HashSet<>()).add(name);
            if (++tensors > Limits.ALL_TENSORS || shards.size() > MOST_SHARDS) {
                throw file.corrupt(
                        "names more than " + Limits.ALL_TENSORS + " tensors or " + MOST_SHARDS + " shards", null);
            }
        }
    }
}
