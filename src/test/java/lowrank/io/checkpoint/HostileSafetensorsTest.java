package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.HostileFile.corrupt;
import static lowrank.io.checkpoint.HostileFile.missing;
import static lowrank.io.checkpoint.HostileFile.unread;
import static lowrank.io.checkpoint.SafetensorsFiles.bytes;
import static lowrank.io.checkpoint.SafetensorsFiles.entry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Safetensors files and indexes that break the format. */
class HostileSafetensorsTest {
    @TempDir
    Path folder;

    private static final String GOOD = entry("a", "F32", "1", 0, 4);

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A file of one entry, with whatever in place of type, shape and offsets. */
    private static byte[] one(String type, String shape, String offsets) {
        return bytes("{\"a\":{\"dtype\":" + type + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}", 4);
    }

    private static byte[] named(String name) {
        return bytes("{\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
    }

    private static byte[] latin(String header, int values) {
        return bytes(header.getBytes(StandardCharsets.ISO_8859_1), values);
    }

    static Stream<HostileFile> lengths() {
        return Stream.of(
                corrupt("nothing", new byte[0], "too short"),
                corrupt("half a length", new byte[] {2, 0, 0, 0}, "too short"),
                corrupt("a length alone", bytes(2, new byte[0], 0), "too short"),
                corrupt("a header of no bytes", bytes(0, text("{}"), 0), "header has 0 bytes"),
                corrupt("a header of one byte", bytes(1, text("{}"), 0), "header has 1 bytes"),
                corrupt("the largest length", bytes(-1, text("{}"), 0), "header has 18446744073709551615 bytes"),
                corrupt("the most negative length", bytes(Long.MIN_VALUE, text("{}"), 0), "9223372036854775808"),
                corrupt("a length beyond the limit", bytes(100_000_001, text("{}"), 0), "100000000 are allowed"),
                corrupt("a length beyond the file", bytes(99_999_999, text("{}"), 0), "ends inside its header"),
                corrupt("a length one beyond the file", bytes(3, text("{}"), 0), "ends inside its header"),
                corrupt("a length that ends in a key", bytes(4, text("{" + GOOD + "}"), 4), "is not JSON"),
                corrupt("a list", bytes("[]", 0), "does not begin"),
                corrupt("a blank before", bytes(" {" + GOOD + "}", 4), "does not begin"),
                corrupt("a byte order mark", bytes("\ufeff{" + GOOD + "}", 4), "does not begin"),
                corrupt("16-bit characters", bytes("{}".getBytes(StandardCharsets.UTF_16), 0), "does not begin"),
                corrupt("16-bit characters, low first", bytes("{}".getBytes(StandardCharsets.UTF_16LE), 0), "not JSON"),
                unread("a pickle", new byte[] {(byte) 0x80, 4, 0, 0, 0, 0, 0, 0, 0, '.'}, "pickle"),
                unread("GGUF", text("GGUF\3\0\0\0........"), "GGUF"),
                unread("no tensor", bytes("{}", 0), "holds no tensors"),
                unread("text alone", bytes("{\"__metadata__\":{\"format\":\"pt\"}}", 0), "holds no tensors"));
    }

    static Stream<HostileFile> json() {
        return Stream.of(
                corrupt("no JSON", bytes("{,}", 0), "is not JSON"),
                corrupt("no end", bytes("{" + GOOD, 4), "is not JSON"),
                corrupt("no end of text", bytes("{\"a", 0), "is not JSON"),
                corrupt("a comma behind the last", bytes("{" + GOOD + ",}", 4), "is not JSON"),
                corrupt("a comment", bytes("{/**/" + GOOD + "}", 4), "is not JSON"),
                corrupt("other quotes", bytes("{'a':{}}", 0), "is not JSON"),
                corrupt("no quotes", bytes("{a:{}}", 0), "is not JSON"),
                corrupt("text behind the end", bytes("{" + GOOD + "}x", 4), "is not JSON"),
                corrupt("an object behind the end", bytes("{" + GOOD + "}{}", 4), "goes on after its end"),
                corrupt("zeros behind the end", bytes("{" + GOOD + "}\0\0", 4), "is not JSON"),
                corrupt("a name twice", bytes("{" + GOOD + "," + GOOD + "}", 4), "key a twice"),
                corrupt(
                        "a name twice, once escaped",
                        bytes("{" + GOOD + "," + entry("\\u0061", "F32", "1", 4, 8) + "}", 8),
                        "key a twice"),
                corrupt(
                        "a type twice",
                        bytes("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4),
                        "key dtype twice"),
                corrupt("a second field of texts", bytes("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "twice"),
                corrupt("a text twice", bytes("{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}", 0), "key a twice"),
                corrupt("texts in a list", bytes("{\"__metadata__\":[]}", 0), "where an object belongs"),
                corrupt("a number among texts", bytes("{\"__metadata__\":{\"a\":1}}", 0), "where text belongs"),
                corrupt("an object among texts", bytes("{\"__metadata__\":{\"a\":{}}}", 0), "where text belongs"),
                corrupt("a tensor in a list", bytes("{\"a\":[]}", 0), "where an object belongs"),
                corrupt("no tensor", bytes("{\"a\":null}", 0), "where an object belongs"),
                corrupt("brackets", bytes("{\"a\":" + "[".repeat(100_000), 0), "where an object belongs"),
                corrupt("a name of 10,001", named("x".repeat(10_001)), "longer text or deeper"),
                corrupt("a byte that is no UTF-8", latin("{\"\u00ff\":{}}", 0), "is not JSON"),
                corrupt("UTF-8 too long", latin("{\"\u00c0\u0080\":{}}", 0), "is not JSON"),
                corrupt("a cut character", latin("{\"\u00e4\":{}}", 0), "is not JSON"));
    }

    static Stream<HostileFile> entries() {
        return Stream.of(
                corrupt("no type", bytes("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4), "does not give type"),
                corrupt(
                        "no shape",
                        bytes("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4),
                        "does not give type, shape"),
                corrupt("no offsets", bytes("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4), "two offsets of a"),
                corrupt("an unknown field", bytes("{\"a\":{\"x\":1}}", 0), "more of a than the format knows: x"),
                corrupt("a type that is a number", one("1", "[1]", "[0,4]"), "where text belongs"),
                unread("a type of 8 bits", one("\"F8_E4M3\"", "[4]", "[0,4]"), "holds a of type F8_E4M3"),
                unread("a type in small letters", one("\"f32\"", "[1]", "[0,4]"), "holds a of type f32"),
                unread("no name of a type", one("\"\"", "[1]", "[0,4]"), "holds a of type"),
                unread("a type with an end of line", one("\"F\\n32\"", "[1]", "[0,4]"), "holds a of type F?32"),
                corrupt("a shape that is a number", one("\"F32\"", "1", "[0,4]"), "where a list belongs"),
                corrupt("a shape in a shape", one("\"F32\"", "[[1]]", "[0,4]"), "where a whole number belongs"),
                corrupt("a shape of text", one("\"F32\"", "[\"1\"]", "[0,4]"), "where a whole number belongs"),
                corrupt("a fraction", one("\"F32\"", "[1.5]", "[0,4]"), "where a whole number belongs"),
                corrupt("an exponent", one("\"F32\"", "[1e0]", "[0,4]"), "where a whole number belongs"),
                corrupt("a negative size", one("\"F32\"", "[-1]", "[0,4]"), "a negative number"),
                corrupt("two negative sizes", one("\"F32\"", "[-1,-1]", "[0,4]"), "a negative number"),
                corrupt("minus zero", one("\"F32\"", "[-0]", "[0,0]"), "a negative number"),
                corrupt("a zero before", one("\"F32\"", "[01]", "[0,4]"), "is not JSON"),
                corrupt("no number", one("\"F32\"", "[NaN]", "[0,4]"), "is not JSON"),
                corrupt("hexadecimal", one("\"F32\"", "[0x1]", "[0,4]"), "is not JSON"),
                corrupt("a size of 2^63", one("\"F32\"", "[9223372036854775808]", "[0,4]"), "beyond 64 bits"),
                corrupt("a size of 999 digits", one("\"F32\"", "[" + "9".repeat(999) + "]", "[0,4]"), "beyond 64 bits"),
                corrupt("a size of 5,000 digits", one("\"F32\"", "[" + "9".repeat(5000) + "]", "[0,4]"), "header that"),
                corrupt("65 dimensions", one("\"F32\"", "[1" + ",1".repeat(64) + "]", "[0,4]"), "more than 64 numbers"),
                corrupt("2^64 numbers", one("\"F32\"", "[4294967296,4294967296]", "[0,4]"), "beyond all files"),
                corrupt(
                        "2^64 bytes",
                        one("\"F32\"", "[4611686018427387904]", "[0,4]"),
                        "a of a shape beyond all files"),
                corrupt(
                        "2^64 numbers, times none",
                        one("\"F32\"", "[4294967296,4294967296,0]", "[0,0]"),
                        "a of a shape beyond all files"),
                corrupt("one offset", one("\"F32\"", "[1]", "[0]"), "two offsets of a"),
                corrupt("three offsets", one("\"F32\"", "[1]", "[0,4,8]"), "more than 2 numbers"),
                corrupt("a negative offset", one("\"F32\"", "[1]", "[-4,0]"), "a negative number"),
                corrupt("an offset of 2^64", one("\"F32\"", "[1]", "[0,18446744073709551616]"), "beyond 64 bits"),
                corrupt("an end before the beginning", one("\"F32\"", "[1]", "[4,0]"), "gap before a"),
                corrupt("too many bytes for its shape", one("\"F16\"", "[1]", "[0,4]"), "asks for: 2"),
                corrupt("too few bytes for its shape", one("\"F64\"", "[1]", "[0,4]"), "asks for: 8"),
                corrupt("a gap before the first", one("\"F16\"", "[1]", "[2,4]"), "gap before a"),
                corrupt("values beyond the file", one("\"F32\"", "[2]", "[0,8]"), "it was cut off"),
                corrupt("values far beyond the file", one("\"U8\"", "[1000000000000]", "[0,1000000000000]"), "cut off"),
                corrupt("a byte missing", bytes("{" + GOOD + "}", 3), "it was cut off"),
                corrupt("a byte too many", bytes("{" + GOOD + "}", 5), "something follows"),
                corrupt(
                        "a gap between two",
                        bytes("{" + GOOD + "," + entry("b", "F32", "1", 8, 12) + "}", 12),
                        "gap before b"),
                corrupt(
                        "two in one another",
                        bytes("{" + GOOD + "," + entry("b", "F32", "1", 2, 6) + "}", 6),
                        "overlaps another: b"),
                corrupt(
                        "two in the same place",
                        bytes("{" + GOOD + "," + entry("b", "F32", "1", 0, 4) + "}", 4),
                        "overlaps another: b"),
                corrupt(
                        "none of no bytes far away",
                        bytes("{" + GOOD + "," + entry("b", "F32", "0", 9, 9) + "}", 4),
                        "gap before b"),
                corrupt("no name", named(""), "without a name"),
                corrupt("a name of 1,001", named("x".repeat(1001)), "a name of 1001 characters"),
                corrupt("an end of line in a name", named("a\\nb"), "control characters: a?b"),
                corrupt("a zero in a name", named("a\\u0000"), "control characters: a?"),
                corrupt("a name written from the right", named("a\u202eb"), "control characters: a?b"),
                corrupt("half a character in a name", named("a\\ud800"), "control characters: a?"),
                corrupt("100,001 tensors", many(), "more than 100000 tensors"));
    }

    private static byte[] many() {
        return bytes(
                IntStream.range(0, 100_001)
                        .mapToObj(i -> entry("t" + i, "U8", "0", 0, 0))
                        .collect(Collectors.joining(",", "{", "}")),
                0);
    }

    @ParameterizedTest
    @MethodSource({"lengths", "json", "entries"})
    void aFileIsRefused(HostileFile file) throws IOException {
        file.requireRefused(folder, "model.safetensors");
    }

    private static byte[] placed(String shard) {
        return text("{\"weight_map\":{\"a\":\"" + shard + "\"}}");
    }

    static Stream<HostileFile> indexes() {
        return Stream.of(
                corrupt("nothing", text(""), "ends too early"),
                corrupt("an empty object", text("{}"), "no weight_map"),
                corrupt("a list", text("[]"), "where an object belongs"),
                corrupt("a map that is a list", text("{\"weight_map\":[]}"), "where an object belongs"),
                corrupt("a place that is a number", text("{\"weight_map\":{\"a\":1}}"), "where text belongs"),
                corrupt(
                        "a tensor twice",
                        text("{\"weight_map\":{\"a\":\"m.safetensors\",\"a\":\"n.safetensors\"}}"),
                        "key a twice"),
                corrupt("two maps", text("{\"weight_map\":{},\"weight_map\":{}}"), "key weight_map twice"),
                corrupt("a tensor without a name", text("{\"weight_map\":{\"\":\"m.safetensors\"}}"), "without a name"),
                corrupt("the folder above", placed("../m.safetensors"), "../m.safetensors, which is not the name"),
                corrupt("the root", placed("/etc/m.safetensors"), "/etc/m.safetensors, which is not the name"),
                corrupt("a folder below", placed("x/m.safetensors"), "x/m.safetensors, which is not the name"),
                corrupt("the other bar", placed("..\\\\m.safetensors"), "which is not the name"),
                corrupt("a drive", placed("C:m.safetensors"), "which is not the name"),
                corrupt("another file system", placed("s3a://b/m.safetensors"), "which is not the name"),
                corrupt("a percent sign", placed("%2e%2e%2fm.safetensors"), "which is not the name"),
                corrupt("a zero", placed("m.safetensors\\u0000.safetensors"), "which is not the name"),
                corrupt("a pattern", placed("*.safetensors"), "which is not the name"),
                corrupt("a hidden file", placed(".safetensors"), "which is not the name"),
                corrupt("a pickle", placed("m.bin"), "m.bin, which is not the name"),
                corrupt("no file", placed(""), "which is not the name"),
                corrupt("a long name", placed("m".repeat(300) + ".safetensors"), "which is not the name"),
                corrupt("brackets", text("{\"x\":" + "[".repeat(20)), "deeper brackets"),
                corrupt("two objects", text("{\"weight_map\":{}}{}"), "goes on after its end"),
                missing("a shard that is not there", placed("m.safetensors"), "m.safetensors is not there"),
                unread("no tensor", text("{\"weight_map\":{}}"), "holds no tensors"));
    }

    @ParameterizedTest
    @MethodSource("indexes")
    void anIndexIsRefused(HostileFile file) throws IOException {
        file.requireRefused(folder, "model.safetensors.index.json");
    }
}
