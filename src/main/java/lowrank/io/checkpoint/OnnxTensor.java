package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.io.StoredFile;

/**
 * A tensor of an ONNX graph: a {@code TensorProto} whose values lie in the file, or in a file beside it.
 *
 * @param unreadable why its values cannot be read in place, or null
 */
record OnnxTensor(String name, ElementType type, List<Long> shape, StoredFile file, long offset, String unreadable) {
    /** Bytes of a name: paths of modules are some 100. */
    static final int MOST_NAME = 1024;
    /** Models use 5, and each more is one more factor of an overflow. */
    private static final int MOST_DIMENSIONS = 8;

    private static final String SAVE_RAW =
            "; save the model again with raw data, as t.CopyFrom(onnx.numpy_helper.from_array("
                    + "onnx.numpy_helper.to_array(t), t.name)) does for each t of model.graph.initializer";

    /** A tensor as far as it was read. */
    private static final class Parts {
        private String name = "";
        private long type;
        private boolean typed;
        private final List<Long> shape = new ArrayList<>();
        private final Map<String, String> external = new HashMap<>();
        private boolean isExternal;
        private int data;
        private long from;
        private long length;
        private int pieces;
        private boolean singleBytes;
        private boolean lone;
        private long first;
    }

    StoredTensor stored(String as, StoredTensor.Role role, StoredTensor.Quantisation quantisation) {
        return new StoredTensor(as, name, type, shape, file, offset, role, quantisation);
    }

    long count() {
        long count = 1;
        for (long size : shape) {
            count *= size; // checked when it was read
        }
        return count;
    }

    /**
     * Reads a tensor.
     *
     * @param name of a tensor that has none of its own, such as a constant's output; null asks for one
     * @return null if it holds text, which is no weight
     */
    static OnnxTensor read(ProtoFields fields, String name, ExternalFiles beside) {
        Parts parts = new Parts();
        while (fields.next()) {
            take(parts, fields);
        }
        if (name != null) {
            parts.name = name;
        }
        if (parts.name.isEmpty()) {
            throw fields.corrupt("has a tensor without a name");
        }
        StoredFile file = beside.model();
        if (!parts.typed) {
            throw file.corrupt("has no data type for tensor " + parts.name, null);
        }
        ElementType type = type(file, parts);
        return type == null ? null : placed(fields, parts, type, beside);
    }

    private static void take(Parts parts, ProtoFields fields) {
        switch (fields.field()) {
            case 1 -> dimensions(parts, fields);
            case 2 -> {
                once(fields, !parts.typed, "data type");
                parts.type = fields.number("data type");
                parts.typed = true;
            }
            case 3 -> throw fields.corrupt("has a tensor in segments, which no reader puts together");
            case 4, 5, 6, 7, 9, 10, 11 -> data(parts, fields);
            case 8 -> {
                once(fields, parts.name.isEmpty(), "name");
                parts.name = fields.text("tensor's name", MOST_NAME);
            }
            case 13 -> ExternalFiles.entry(fields, parts.external);
            case 14 -> parts.isExternal = fields.number("data location") == 1;
            default -> {} // documentation and the like
        }
    }

    private static void once(ProtoFields fields, boolean first, String what) {
        if (!first) {
            throw fields.corrupt("has a tensor with more than one " + what);
        }
    }

    private static void dimensions(Parts parts, ProtoFields fields) {
        ProtoFields.Packed numbers = fields.numbers("shape");
        while (numbers.hasNext()) {
            long size = numbers.next();
            if (size < 0) {
                throw fields.corrupt("has a tensor with a negative dimension");
            }
            if (parts.shape.size() == MOST_DIMENSIONS) {
                throw fields.corrupt("has a tensor of more than " + MOST_DIMENSIONS + " dimensions");
            }
            parts.shape.add(size);
        }
    }

    private static void data(Parts parts, ProtoFields fields) {
        if (fields.wire() == ProtoFields.BYTES && fields.length() == 0) {
            return;
        }
        int field = fields.field();
        if (field == 9) {
            fields.expect(ProtoFields.BYTES, "tensor's values");
            once(fields, parts.data == 0, "set of values");
        } else if (parts.data != 0 && parts.data != field) {
            throw fields.corrupt("has a tensor with more than one set of values");
        }
        parts.data = field;
        parts.from = fields.from();
        parts.length = fields.length();
        parts.pieces++;
        if (field == 5 && parts.pieces == 1) {
            parts.singleBytes = fields.numbers("tensor's values").singleBytes();
            ProtoFields.Packed numbers = fields.numbers("tensor's values");
            parts.first = numbers.next();
            parts.lone = !numbers.hasNext();
        }
    }

    private static ElementType type(StoredFile file, Parts parts) {
        return switch ((int) Math.max(-1, Math.min(100, parts.type))) {
            case 1 -> ElementType.F32;
            case 2 -> ElementType.U8;
            case 3 -> ElementType.I8;
            case 4 -> ElementType.U16;
            case 5 -> ElementType.I16;
            case 6 -> ElementType.I32;
            case 7 -> ElementType.I64;
            case 8 -> null;
            case 9 -> ElementType.BOOL;
            case 10 -> ElementType.F16;
            case 11 -> ElementType.F64;
            case 12 -> ElementType.U32;
            case 13 -> ElementType.U64;
            case 16 -> ElementType.BF16;
            case 14, 15 -> throw unread(file, parts.name, "complex numbers");
            case 17, 18, 19, 20, 24 -> throw unread(file, parts.name, "floats of 8 bits");
            case 21, 22, 23 -> throw unread(file, parts.name, "numbers of 4 bits");
            default -> throw file.corrupt("has an unknown data type " + parts.type + " for tensor " + parts.name, null);
        };
    }

    private static DataException unread(StoredFile file, String name, String what) {
        return new DataException(file.path() + ": tensor " + name + " holds " + what
                + ", which are not read; export the model with float32 or float16 weights");
    }

    private static OnnxTensor placed(ProtoFields fields, Parts parts, ElementType type, ExternalFiles beside) {
        long bytes = Limits.bytes(beside.model(), parts.name, type, parts.shape);
        long count = bytes / type.bytes();
        if (parts.isExternal) {
            if (parts.data != 0) {
                throw fields.corrupt("has values of tensor " + parts.name + " both inside and in another file");
            }
            ExternalFiles.Range range = beside.range(parts.name, parts.external, bytes);
            return new OnnxTensor(parts.name, type, List.copyOf(parts.shape), range.file(), range.offset(), null);
        }
        String unreadable = parts.data == 0 || parts.data == 9 ? null : typed(fields, parts, type, count);
        if (unreadable == null && parts.length != bytes && !(count == 1 && parts.lone)) {
            throw fields.corrupt("has " + parts.length + " bytes of values for tensor " + parts.name
                    + ", where its shape asks for " + bytes);
        }
        return new OnnxTensor(
                parts.name,
                type,
                List.copyOf(parts.shape),
                beside.model(),
                parts.from,
                unreadable == null
                        ? null
                        : beside.model().path() + ": tensor " + parts.name + " " + unreadable + SAVE_RAW);
    }

    /**
     * Why values of a list cannot be read in place, or null. Lists of floats and doubles are the values themselves. Numbers of 8 bits are
     * stored as varints, whose first byte is the number: below 128 it is its only byte, else bit 7 is set in both.
     */
    private static String typed(ProtoFields fields, Parts parts, ElementType type, long count) {
        int expected = switch (type) {
            case F32 -> 4;
            case F64 -> 10;
            case I64 -> 7;
            case U32, U64 -> 11;
            default -> 5;
        };
        if (parts.data != expected) {
            throw fields.corrupt("has values of another type than it says for tensor " + parts.name);
        }
        if (parts.pieces > 1) {
            return "is stored value by value";
        }
        if (type == ElementType.F32 || type == ElementType.F64) {
            return null;
        }
        boolean lone = count == 1 && parts.lone && fits(parts.first, type);
        return type.bytes() == 1 && (lone || parts.singleBytes) ? null : "is stored as numbers of varying length";
    }

    private static boolean fits(long value, ElementType type) {
        return type == ElementType.I8 ? value == (byte) value : value == (value & 0xff);
    }
}
