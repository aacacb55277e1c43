package lowrank.io.checkpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tables of TensorFlow checkpoints. A checksum stands behind every block, which no fuzzer finds by chance: the first byte says whether the
 * rest is a table as it is, or contents of a block, or of the block that lists blocks, which get their checksums here.
 */
class BundleFuzz {
    private static final int TABLE = 0;
    private static final int BLOCK = 1;

    static Stream<byte[]> seeds() {
        byte[] table = BundleFiles.usual()
                .perBlock(2)
                .floats("a/layer_0/kernel", 2, 2)
                .floats("b/bias", 3)
                .table();
        byte[] block = BundleFiles.contents(
                List.of(new byte[0], new byte[] {'a'}, new byte[] {'a', 'b'}),
                List.of(
                        BundleFiles.header().toBytes(),
                        BundleFiles.place(1, 0, 16, 2, 2).toBytes(),
                        BundleFiles.place(7, 16, 4, 1).toBytes()));
        byte[] list = BundleFiles.contents(List.of(new byte[] {'x'}), List.of(BundleFiles.handle(0, block().length)));
        return Stream.of(kind(TABLE, table), kind(BLOCK, block), kind(2, list));
    }

    private static byte[] kind(int kind, byte[] bytes) {
        return Proto.message().raw((byte) kind).raw(bytes).toBytes();
    }

    /** The block that a list of blocks finds. */
    private static byte[] block() {
        return BundleFiles.contents(
                List.of(new byte[0], new byte[] {'a'}),
                List.of(
                        BundleFiles.header().toBytes(),
                        BundleFiles.place(1, 0, 4, 1).toBytes()));
    }

    private static byte[] table(byte[] block, byte[] list) {
        return BundleFiles.end(Proto.message().raw(BundleFiles.block(block, 0)), block.length + 5, list);
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "")
    void table(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 1, input.length);
        byte[] file = switch (input[0]) {
            case TABLE -> rest;
            case BLOCK ->
                table(
                        rest,
                        BundleFiles.contents(List.of(new byte[] {'x'}), List.of(BundleFiles.handle(0, rest.length))));
            default -> table(block(), rest);
        };
        Fuzzed.beside("variables.data-00000-of-00001", new byte[64]);
        Fuzzed.read("variables.index", file, (conf, stored) -> Fuzzed.withValues(TensorFlowBundle.read(conf, stored)));
    }
}
