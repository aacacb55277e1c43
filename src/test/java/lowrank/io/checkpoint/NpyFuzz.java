package lowrank.io.checkpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Headers of .npy files. */
class NpyFuzz {
    static Stream<byte[]> seeds() {
        return Stream.of(
                ZipBytes.floats(2, 3),
                ZipBytes.npy(2, ZipBytes.header(">f8", true, "2, 3L"), new byte[48]),
                ZipBytes.npy(3, ZipBytes.header("|b1", false, ""), new byte[1]),
                ZipBytes.npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (6,)}", new byte[24]));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "")
    void header(byte[] file) {
        Fuzzed.read("w.npy", file, (conf, stored) -> Fuzzed.withValues(Numpy.readArray(conf, stored)));
    }
}
