package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.HostileFile.corrupt;
import static lowrank.io.checkpoint.HostileFile.missing;
import static lowrank.io.checkpoint.HostileFile.unread;
import static lowrank.io.checkpoint.OnnxModel.attribute;
import static lowrank.io.checkpoint.OnnxModel.floats;
import static lowrank.io.checkpoint.OnnxModel.node;
import static lowrank.io.checkpoint.OnnxModel.tensor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX models that break protobuf, the format, or the folder they lie in. */
class HostileOnnxTest {
    @TempDir
    Path folder;

    private static byte[] bytes(int... bytes) {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            all[i] = (byte) bytes[i];
        }
        return all;
    }

    private static byte[] model(Proto... tensors) {
        OnnxModel model = new OnnxModel();
        for (Proto tensor : tensors) {
            model.tensor(tensor);
        }
        return model.model().toBytes();
    }

    private static byte[] graph(Proto graph) {
        return Proto.message().message(7, graph).toBytes();
    }

    private static byte[] nodes(Proto... nodes) {
        OnnxModel model = new OnnxModel();
        for (Proto node : nodes) {
            model.node(node);
        }
        return model.model().toBytes();
    }

    /** A varint of this many bytes. */
    private static byte[] varint(int bytes) {
        byte[] all = new byte[bytes];
        Arrays.fill(all, (byte) 0xff);
        all[bytes - 1] = 1;
        return all;
    }

    static Stream<HostileFile> messages() {
        byte[] good = model(floats("w", 2, 3));
        return Stream.of(
                corrupt("nothing", new byte[0], "holds no graph"),
                corrupt("text", "surely something else".getBytes(StandardCharsets.UTF_8), "unknown kind 3"),
                corrupt("safetensors", SafetensorsFiles.bytes("{}", 0), "no valid number in its model"),
                corrupt("a zip archive", ZipBytes.of("a", new byte[3]).bytes(), "no valid number in its model"),
                corrupt("no graph", Proto.message().number(1, 6).toBytes(), "holds no graph"),
                corrupt("two graphs", Proto.message().raw(good).raw(good).toBytes(), "more than one graph"),
                corrupt("a graph that is a number", Proto.message().number(7, 1).toBytes(), "graph of another kind"),
                corrupt("a cut model", Arrays.copyOf(good, good.length - 1), "reaches beyond its model"),
                corrupt("half a model", Arrays.copyOf(good, good.length / 2), "reaches beyond its model"),
                corrupt("field 0", Proto.message().number(0, 1).toBytes(), "no valid number in its model"),
                corrupt(
                        "a field beyond 32 bits",
                        Proto.message().tag(1L << 30, 0).toBytes(),
                        "no valid number"),
                corrupt("a group", Proto.message().tag(1, 3).toBytes(), "unknown kind 3 in its model"),
                corrupt("the end of a group", Proto.message().tag(1, 4).toBytes(), "unknown kind 4 in its model"),
                corrupt("kind 6", Proto.message().tag(1, 6).toBytes(), "unknown kind 6 in its model"),
                corrupt("kind 7", Proto.message().tag(1, 7).toBytes(), "unknown kind 7 in its model"),
                corrupt("a cut tag", bytes(0x80), "ends inside a number of its model"),
                corrupt("a tag of eleven bytes", varint(11), "more than 64 bits in its model"),
                corrupt("a tag of 66 bits", bytes(-1, -1, -1, -1, -1, -1, -1, -1, -1, 3), "more than 64 bits"),
                corrupt(
                        "a cut number",
                        Proto.message().tag(1, 0).raw((byte) 0x80).toBytes(),
                        "ends inside a number"),
                corrupt("a tag alone", Proto.message().tag(1, 0).toBytes(), "ends inside a number"),
                corrupt(
                        "a cut double",
                        Proto.message().tag(1, 1).raw(new byte[7]).toBytes(),
                        "beyond its model"),
                corrupt(
                        "a cut float",
                        Proto.message().tag(1, 5).raw(new byte[3]).toBytes(),
                        "beyond its model"),
                corrupt(
                        "bytes to beyond the end",
                        Proto.message().tag(2, 2).varint(1).toBytes(),
                        "beyond its model"),
                corrupt("2^62 bytes", Proto.message().tag(2, 2).varint(1L << 62).toBytes(), "beyond its model"),
                corrupt("-1 bytes", Proto.message().tag(2, 2).varint(-1).toBytes(), "beyond its model"),
                corrupt(
                        "a tensor to beyond its graph",
                        Proto.message()
                                .message(7, Proto.message().tag(5, 2).varint(9))
                                .bytes(2, new byte[99])
                                .toBytes(),
                        "beyond its graph"));
    }

    private static Proto deep(int levels) {
        return levels == 0
                ? Proto.message()
                : Proto.message()
                        .message(
                                1,
                                node("If", "", "y").message(5, Proto.message().message(6, deep(levels - 1))));
    }

    static Stream<HostileFile> graphs() {
        Proto six = Proto.message().bytes(8, (byte) 0xff, (byte) 0xfe);
        return Stream.of(
                corrupt("a node that is a number", graph(Proto.message().number(1, 1)), "node of another kind"),
                corrupt("a tensor that is a number", graph(Proto.message().number(5, 1)), "tensor of another kind"),
                unread("sparse tensors", graph(Proto.message().bytes(15)), "sparse tensors"),
                corrupt("graphs in graphs", graph(deep(9)), "more than 8 deep"),
                corrupt("many graphs in graphs", graph(deep(500)), "more than 8 deep"),
                corrupt("200,001 nodes", graph(manyNodes()), "more than 200000 nodes"),
                corrupt("100,001 tensors", graph(manyTensors()), "more than 100000 tensors"),
                corrupt("an input that is a number", nodes(Proto.message().number(1, 1)), "node's input of another"),
                corrupt("a long operator", nodes(node("x".repeat(257), "", "y")), "operator of 257 bytes"),
                corrupt("a long name of a node", nodes(node("MatMul", "x".repeat(1025), "y")), "name of 1025 bytes"),
                corrupt("a long input", nodes(node("MatMul", "", "y", "x".repeat(1025))), "input of 1025 bytes"),
                corrupt("an operator with an end of line", nodes(node("Mat\nMul", "", "y")), "control characters"),
                corrupt(
                        "an attribute that is a number",
                        nodes(node("Gemm", "", "y").number(5, 1)),
                        "attribute of another kind"),
                corrupt(
                        "a number that is text",
                        nodes(node("Gemm", "", "y").message(5, Proto.message().text(3, "1"))),
                        "attribute's number of another kind"),
                corrupt(
                        "a cut list of axes",
                        nodes(node("Transpose", "", "y")
                                .message(5, Proto.message().bytes(8, (byte) 0x80))),
                        "ends inside a number of its attribute's numbers"),
                corrupt("a name that is no UTF-8", model(six.number(2, 1)), "name that is not UTF-8"),
                corrupt("no name", model(Proto.message().number(2, 1)), "tensor without a name"),
                corrupt("a name of no characters", model(tensor("", 1, 1)), "tensor without a name"),
                corrupt("a long name", model(tensor("x".repeat(1025), 1, 1)), "tensor's name of 1025 bytes"),
                corrupt("an end of line in a name", model(floats("a\nb", 1)), "control characters: a?b"),
                corrupt("a name written from the right", model(floats("a\u202eb", 1)), "control characters: a?b"),
                corrupt("two names", model(tensor("a", 1, 1).text(8, "b")), "more than one name"),
                corrupt("a name twice", model(floats("w", 1), floats("w", 2)), "more than one tensor w"),
                corrupt("a name twice, once in a branch", graph(shadow()), "more than one tensor w"));
    }

    private static Proto manyNodes() {
        Proto graph = Proto.message();
        for (int i = 0; i <= 200_000; i++) {
            graph.bytes(1);
        }
        return graph;
    }

    private static Proto manyTensors() {
        Proto graph = Proto.message();
        for (int i = 0; i <= 100_000; i++) {
            graph.message(5, tensor("t" + i, 1, 0));
        }
        return graph;
    }

    private static Proto shadow() {
        Proto branch = Proto.message().message(5, floats("w", 1));
        return Proto.message()
                .message(5, floats("w", 1))
                .message(1, node("If", "", "y").message(5, Proto.message().message(6, branch)));
    }

    private static Proto raw(int type, int bytes, long... shape) {
        return tensor("w", type, shape).bytes(9, new byte[bytes]);
    }

    static Stream<HostileFile> tensors() {
        return Stream.of(
                corrupt("no type", model(Proto.message().number(1, 1).text(8, "w")), "no data type for tensor w"),
                corrupt("two types", model(tensor("w", 1, 1).number(2, 11)), "more than one data type"),
                corrupt("type 0", model(raw(0, 4, 1)), "unknown data type 0 for tensor w"),
                corrupt("type 99", model(raw(99, 4, 1)), "unknown data type 99 for tensor w"),
                corrupt("a negative type", model(raw(-1, 4, 1)), "unknown data type -1 for tensor w"),
                corrupt(
                        "a type of 2^32 + 1",
                        model(Proto.message().number(2, (1L << 32) + 1).text(8, "w")),
                        "unknown data type 4294967297"),
                unread("complex numbers", model(raw(14, 8, 1)), "tensor w holds complex numbers"),
                unread("floats of 8 bits", model(raw(17, 1, 1)), "tensor w holds floats of 8 bits"),
                unread("numbers of 4 bits", model(raw(22, 1, 2)), "tensor w holds numbers of 4 bits"),
                corrupt("a negative size", model(raw(1, 4, -1)), "negative dimension"),
                corrupt("two negative sizes", model(raw(1, 4, -1, -1)), "negative dimension"),
                corrupt("nine dimensions", model(raw(1, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1)), "more than 8 dimensions"),
                corrupt("2^64 numbers", model(raw(1, 4, 1L << 32, 1L << 32)), "w of a shape beyond all files"),
                corrupt("2^64 bytes", model(raw(1, 4, 1L << 62)), "w of a shape beyond all files"),
                corrupt("2^64 numbers, times none", model(raw(1, 0, 1L << 32, 1L << 32, 0)), "beyond all files"),
                corrupt("a shape that is text", model(Proto.message().tag(1, 5).raw(new byte[4])), "shape of another"),
                corrupt("a cut shape", model(Proto.message().bytes(1, (byte) 0x80)), "ends inside a number"),
                corrupt("too few values", model(raw(1, 20, 2, 3)), "20 bytes of values for tensor w"),
                corrupt("too many values", model(raw(1, 28, 2, 3)), "28 bytes of values for tensor w"),
                corrupt("a terabyte", model(raw(1, 4, 1L << 38)), "4 bytes of values for tensor w"),
                corrupt("no values", model(tensor("w", 1, 2)), "0 bytes of values for tensor w"),
                corrupt("values that are a number", model(tensor("w", 1, 1).number(9, 1)), "values of another kind"),
                corrupt("values twice", model(raw(1, 4, 1).bytes(9, new byte[4])), "more than one set of values"),
                corrupt("values of two kinds", model(raw(1, 4, 1).bytes(4, new byte[4])), "more than one set"),
                corrupt(
                        "doubles as floats",
                        model(tensor("w", 1, 1).bytes(10, new byte[8])),
                        "values of another type than it says for tensor w"),
                corrupt(
                        "floats as whole numbers",
                        model(tensor("w", 6, 1).bytes(4, new byte[4])),
                        "values of another type than it says for tensor w"),
                corrupt("segments", model(tensor("w", 1, 1).bytes(3)), "segments"),
                unread(
                        "values one by one",
                        model(tensor("w", 1, 2)
                                .tag(4, 5)
                                .raw(new byte[4])
                                .tag(4, 5)
                                .raw(new byte[4])),
                        "tensor w is stored value by value"),
                unread(
                        "halves as varints",
                        model(tensor("w", 10, 2).bytes(5, (byte) 1, (byte) 2)),
                        "tensor w is stored as numbers of varying length"),
                corrupt("a cut varint", model(tensor("w", 3, 1).bytes(5, (byte) 0x80)), "ends inside a number"));
    }

    private static byte[] outside(String... entries) {
        return model(OnnxTest.external(tensor("w", 1, 1), entries));
    }

    static Stream<HostileFile> places() {
        String where = "values of tensor w lie outside the model's folder";
        return Stream.of(
                unread("the folder above", outside("location", "../x.bin"), where),
                unread("the root", outside("location", "/etc/passwd"), where),
                unread("a folder below", outside("location", "x/y.bin"), where),
                unread("the other bar", outside("location", "..\\x.bin"), where),
                unread("a drive", outside("location", "C:x.bin"), where),
                unread("another file system", outside("location", "file:x.bin"), where),
                unread("the folder itself", outside("location", "."), where),
                unread("the folder above itself", outside("location", ".."), where),
                unread("a blank", outside("location", " "), where),
                unread("no file", outside("offset", "0"), where),
                missing("a file that is not there", outside("location", "y.bin"), "y.bin is gone"),
                corrupt("no place", outside("location", "x.bin", "offset", "x"), "no valid place of the values of"),
                corrupt("a negative place", outside("location", "x.bin", "offset", "-4"), "no valid place"),
                corrupt("a place of 19 digits", outside("location", "x.bin", "offset", "1".repeat(19)), "no valid"),
                corrupt("a place of other digits", outside("location", "x.bin", "offset", "\u0661"), "no valid place"),
                corrupt("a place beyond the file", outside("location", "x.bin", "offset", "99"), "x.bin ends before"),
                corrupt("the end beyond the file", outside("location", "x.bin", "offset", "6"), "x.bin ends before"),
                corrupt("another length", outside("location", "x.bin", "length", "8"), "has 8 bytes of values"),
                corrupt("two places", outside("location", "x.bin", "location", "y.bin"), "says twice where"),
                corrupt("a long key", outside("x".repeat(65), "y"), "key of external values of 65 bytes"),
                corrupt(
                        "values in both places",
                        model(OnnxTest.external(raw(1, 4, 1), "location", "x.bin")),
                        "both inside and in another file"),
                corrupt(
                        "two tensors in one another",
                        model(
                                OnnxTest.external(tensor("v", 1, 1), "location", "x.bin"),
                                OnnxTest.external(tensor("w", 1, 1), "location", "x.bin", "offset", "2")),
                        "values of tensor w inside those of v"),
                corrupt(
                        "two tensors in one place",
                        model(
                                OnnxTest.external(tensor("v", 1, 1), "location", "x.bin"),
                                OnnxTest.external(tensor("w", 1, 1), "location", "x.bin")),
                        "inside those of"),
                unread("no tensor", model(), "holds no tensors"),
                unread("text alone", model(tensor("w", 8, 1).text(6, "word")), "holds no tensors"));
    }

    private static byte[] scaled(Proto node, Proto... tensors) {
        OnnxModel model = new OnnxModel().node(node).tensor(tensor("w", 3, 2, 3).bytes(9, new byte[6]));
        for (Proto tensor : tensors) {
            model.tensor(tensor);
        }
        return model.model().toBytes();
    }

    static Stream<HostileFile> scales() {
        Proto dequantise = node("DequantizeLinear", "", "y", "w", "s", "z");
        return Stream.of(
                unread("too few scales", scaled(dequantise, floats("s", 2)), "s does not fit tensor w"),
                unread("scales in 2-D", scaled(dequantise, floats("s", 2, 3)), "s does not fit tensor w"),
                unread(
                        "an axis that is not there",
                        scaled(
                                node("DequantizeLinear", "", "y", "w", "s").message(5, attribute("axis", 7)),
                                floats("s", 3)),
                        "s does not fit tensor w"),
                unread(
                        "the least axis of all",
                        scaled(
                                node("DequantizeLinear", "", "y", "w", "s")
                                        .message(5, attribute("axis", Long.MIN_VALUE)),
                                floats("s", 3)),
                        "s does not fit tensor w"),
                unread("zero points with fractions", scaled(dequantise, floats("s", 3), floats("z", 3)), "z does not"),
                unread(
                        "too many zero points",
                        scaled(dequantise, floats("s", 3), tensor("z", 3, 4).bytes(9, new byte[4])),
                        "z does not fit tensor w"),
                unread(
                        "scales of blocks",
                        scaled(
                                node("DequantizeLinear", "", "y", "w", "s").message(5, attribute("block_size", 2)),
                                floats("s", 3)),
                        "tensor w has scales for blocks"));
    }

    @ParameterizedTest
    @MethodSource({"messages", "graphs", "tensors", "places", "scales"})
    void aModelIsRefused(HostileFile file) throws IOException {
        Files.write(folder.resolve("x.bin"), new byte[8]);
        file.requireRefused(folder, "model.onnx");
    }
}
