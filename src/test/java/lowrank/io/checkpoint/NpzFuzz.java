package lowrank.io.checkpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Directories of .npz files, headers of their members, and what is deflated in them. */
class NpzFuzz {
    static Stream<byte[]> seeds() {
        byte[] array = ZipBytes.floats(2, 3);
        ZipBytes wide = ZipBytes.of("w.npy", array);
        wide.member(0).ownExtra = ZipBytes.extra(1, array.length, array.length);
        wide.member(0).extra = ZipBytes.extra(1, array.length, array.length);
        ZipBytes.Written plain = wide.write();
        wide.wideEnd(ZipBytes.wideEnd(1, plain.end() - plain.directory(), plain.directory(), plain.end()));
        return Stream.of(
                ZipBytes.of("a.npy", array)
                        .deflate("b/c.npy", ZipBytes.floats(40))
                        .bytes(),
                new ZipBytes()
                        .deflate("f.npy", ZipBytes.npy(ZipBytes.header(">f4", true, "2, 3"), new byte[24]))
                        .bytes(),
                wide.write()
                        .own32(0, ZipBytes.OWN_SIZE, 0xffffffffL)
                        .own32(0, ZipBytes.OWN_STORED, 0xffffffffL)
                        .bytes());
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "")
    void archive(byte[] file) {
        Fuzzed.read("model.npz", file, (conf, stored) -> Fuzzed.withValues(Numpy.readArchive(conf, stored)));
    }
}
