package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;
import lowrank.io.StoredFile;

/**
 * What the header of a safetensors file says: 8 bytes of its length N, N bytes of JSON, then the values.
 *
 * <pre>{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"format": "pt"}}</pre>
 *
 * @param metadata in the order of the header
 * @param entries in the order of their values, which leave no gap
 * @param data where the values begin
 */
record SafetensorsHeader(Map<String, String> metadata, List<Entry> entries, long data) {
    static final String METADATA = "__metadata__";
    static final int BEFORE = 8;

    private static final Map<String, ElementType> TYPES = types();

    /**
     * A tensor.
     *
     * @param begin offset of its first byte among the values
     */
    record Entry(String name, ElementType type, List<Long> shape, long begin, long end) {}

    private static Map<String, ElementType> types() {
        Map<String, ElementType> types = new HashMap<>();
        for (ElementType type : ElementType.values()) {
            types.put(type.name(), type); // the format's own names
        }
        return Map.copyOf(types);
    }

    /**
     * Reads and checks it.
     *
     * @throws CorruptFileException if it breaks a rule of the format, or the file is not as long as it says
     * @throws DataException if a tensor is of a type that is not read, or the file is of another format
     */
    static SafetensorsHeader read(FileBytes in) {
        StoredFile file = in.file();
        if (!in.holds(0, BEFORE + 1)) {
            throw file.corrupt("is too short to be a safetensors file", null);
        }
        ByteBuffer start = in.bytes("header", 0, BEFORE + 1);
        long length = start.getLong(0);
        if (start.get(BEFORE) != '{') {
            ForeignFormat.refuse(in);
            throw file.corrupt("does not begin as a safetensors file does", null);
        }
        if (length < 2 || length > Limits.HEADER) {
            throw file.corrupt(
                    "says that its header has " + Long.toUnsignedString(length) + " bytes, where 2 to " + Limits.HEADER
                            + " are allowed",
                    null);
        }
        SafetensorsHeader header = new Parser(file).parse(in.bytes("header", BEFORE, (int) length), BEFORE + length);
        header.checkOffsets(file);
        return header;
    }

    /** Values lie one after the other from 0 to the end of the file; a tensor without values lies between two others. */
    private void checkOffsets(StoredFile file) {
        long at = 0;
        for (Entry entry : entries) {
            if (entry.begin != at) {
                throw file.corrupt(
                        "has a " + (entry.begin < at ? "tensor that overlaps another: " : "gap before ") + entry.name,
                        null);
            }
            long bytes = Limits.bytes(file, entry.name, entry.type, entry.shape);
            if (entry.end < entry.begin || entry.end - entry.begin != bytes) {
                throw file.corrupt(
                        "gives " + entry.name + " another number of bytes than its shape asks for: " + bytes, null);
            }
            at = entry.end;
        }
        long values = file.length() - data;
        if (at != values) {
            throw file.corrupt(
                    "has " + values + " bytes of values where its header asks for " + at
                            + (values < at ? " (it was cut off)" : " (something follows the values)"),
                    null);
        }
    }

    private static final class Parser {
        private final StoredFile file;
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final List<Entry> entries = new ArrayList<>();

        Parser(StoredFile file) {
            this.file = file;
        }

        SafetensorsHeader parse(ByteBuffer text, long data) {
            StrictJson json = new StrictJson(file, "header", text);
            json.object(key -> {
                if (key.equals(METADATA)) {
                    json.object(name -> metadata.put(name, json.string()));
                } else if (entries.size() == Limits.TENSORS) {
                    throw file.corrupt("holds more than " + Limits.TENSORS + " tensors", null);
                } else {
                    entries.add(entry(json, Limits.name(file, key)));
                }
            });
            json.end();
            entries.sort(Comparator.comparingLong(Entry::begin)
                    .thenComparingLong(Entry::end)
                    .thenComparing(Entry::name));
            return new SafetensorsHeader(metadata, List.copyOf(entries), data);
        }

        private Entry entry(StrictJson json, String name) {
            Fields fields = new Fields();
            json.object(key -> {
                switch (key) {
                    case "dtype" -> fields.type = type(name, json.string());
                    case "shape" -> fields.shape = json.wholes(Limits.DIMENSIONS);
                    case "data_offsets" -> fields.offsets = json.wholes(2);
                    default ->
                        throw file.corrupt(
                                "says more of " + name + " than the format knows: " + Limits.shown(key), null);
                }
            });
            if (fields.type == null || fields.shape == null || fields.offsets == null || fields.offsets.size() != 2) {
                throw file.corrupt("does not give type, shape and two offsets of " + name, null);
            }
            return new Entry(name, fields.type, fields.shape, fields.offsets.get(0), fields.offsets.get(1));
        }

        private ElementType type(String name, String type) {
            ElementType known = TYPES.get(type);
            if (known == null) {
                throw new DataException(file.path() + " holds " + name + " of type " + Limits.shown(type)
                        + ", which is not read: save it as F32 or BF16");
            }
            return known;
        }
    }

    /** Fields of an entry as far as they are read. */
    private static final class Fields {
        private ElementType type;
        private List<Long> shape;
        private List<Long> offsets;
    }
}
