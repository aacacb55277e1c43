package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.SafetensorsFiles.bytes;
import static lowrank.io.checkpoint.SafetensorsFiles.entry;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Headers of safetensors files. */
class SafetensorsFuzz {
    static Stream<byte[]> seeds() {
        return Stream.of(
                bytes("{}", 0),
                bytes("{" + entry("a", "F32", "2,3", 0, 24) + "}", 24),
                bytes(
                        "{\"__metadata__\":{\"format\":\"pt\"}," + entry("b.weight", "BF16", "2", 0, 4) + ","
                                + entry("c", "BOOL", "", 4, 5) + "," + entry("d", "I64", "0,7", 4, 4) + "} ",
                        5),
                bytes("{" + entry("e", "F8_E4M3", "1", 0, 1) + "}", 1));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "")
    void header(byte[] file) {
        Fuzzed.read("model.safetensors", file, Safetensors::read);
    }
}
