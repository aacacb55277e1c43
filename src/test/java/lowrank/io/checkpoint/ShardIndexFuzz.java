package lowrank.io.checkpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Indexes of sharded safetensors. */
class ShardIndexFuzz {
    static Stream<byte[]> seeds() {
        return Stream.of(
                        "{\"metadata\":{\"total_size\":7},\"weight_map\":{\"a\":\"m-00001-of-00002.safetensors\"}}",
                        "{\"weight_map\":{\"a\":\"../m.safetensors\"}}")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "")
    void index(byte[] file) {
        Fuzzed.read("model.safetensors.index.json", file, (conf, stored) -> {
            for (String shard : ShardIndex.read(conf, stored).keySet()) {
                if (shard.contains("/") || shard.contains("..")) {
                    throw new AssertionError("a shard leads out of its folder: " + shard);
                }
            }
            return List.of();
        });
    }
}
