package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import lowrank.io.checkpoint.StoredTensor.Role;

/**
 * Tensors of a TensorFlow checkpoint: a table {@code variables.index} of names, and shards {@code variables.data-00000-of-00001} beside
 * it that hold the values. Names follow the way of Hugging Face: {@code bert/encoder/layer_0/attention/self/query/kernel} is
 * {@code bert.encoder.layer.0.attention.self.query.weight}.
 */
final class TensorFlowBundle {
    private static final String INDEX = ".index";
    private static final int MOST_DIMENSIONS = 8;
    private static final int PIECE = 1 << 20;
    /** Five digits stand in the names of shards. */
    private static final int MOST_SHARDS = 99_999;

    private static final Pattern LAYER = Pattern.compile("layer_\\d+");
    private static final String OBJECT = "/.ATTRIBUTES/VARIABLE_VALUE";

    private final HadoopConf conf;
    private final StoredFile index;
    private final Map<Long, StoredFile> files = new HashMap<>();
    private final List<Entry> entries = new ArrayList<>();
    private long shards = -1;

    /** A tensor, and the masked CRC32C of its bytes. */
    private record Entry(
            String name, ElementType type, List<Long> shape, StoredFile file, long offset, long size, int checksum) {}

    private TensorFlowBundle(HadoopConf conf, StoredFile index) {
        this.conf = conf;
        this.index = index;
    }

    /**
     * Reads the table of a checkpoint. Text, such as the graph of objects that TensorFlow 2 stores beside variables, is left out.
     *
     * @return tensors with unique names, in the order of the table
     * @throws lowrank.io.CorruptFileException if it is not a table of tensors, or a shard is shorter than it says
     * @throws lowrank.io.MissingInputException if a shard is not there
     * @throws DataException if it is compressed, big-endian, or holds variables in slices
     */
    static List<StoredTensor> read(HadoopConf conf, StoredFile index) {
        List<Entry> entries = table(conf, index).entries;
        List<String> names = UniqueNames.of(
                index,
                entries.stream().map(Entry::name).toList(),
                entries.stream().map(TensorFlowBundle::name).toList());
        List<StoredTensor> stored = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Entry entry = entries.get(i);
            stored.add(new StoredTensor(
                    names.get(i),
                    entry.name(),
                    entry.type(),
                    entry.shape(),
                    entry.file(),
                    entry.offset(),
                    role(entry),
                    null));
        }
        StoredRanges.refuseOverlaps(stored);
        return stored;
    }

    /**
     * Reads all values, and holds them to the checksums stored in the table.
     *
     * @throws lowrank.io.CorruptFileException naming the first tensor whose values are not what was saved
     */
    static void verify(HadoopConf conf, StoredFile index) {
        for (Entry entry : table(conf, index).entries) {
            CRC32C crc = new CRC32C();
            try (FileBytes file = FileBytes.open(conf, entry.file())) {
                for (long done = 0; done < entry.size(); done += PIECE) {
                    int count = (int) Math.min(PIECE, entry.size() - done);
                    crc.update(file.bytes("values", entry.offset() + done, count));
                }
            }
            if (LevelTable.masked((int) crc.getValue()) != entry.checksum()) {
                throw entry.file()
                        .corrupt("has values of tensor " + entry.name() + " that do not fit their checksum", null);
            }
        }
    }

    private static TensorFlowBundle table(HadoopConf conf, StoredFile index) {
        if (!index.path().endsWith(INDEX)) {
            throw new DataException(index.path() + " is not named as the table of a TensorFlow checkpoint, *.index");
        }
        TensorFlowBundle bundle = new TensorFlowBundle(conf, index);
        try (FileBytes file = FileBytes.open(conf, index)) {
            LevelTable.visit(file, bundle::entry);
        }
        if (bundle.shards < 0) {
            throw index.corrupt("has no header", null);
        }
        return bundle;
    }

    private void entry(byte[] key, ByteBuffer block, int from, int end) {
        if (key.length == 0) {
            header(ProtoFields.of(index, block, "header", from, end));
            return;
        }
        if (shards < 0) {
            throw index.corrupt("has no header", null);
        }
        if (key[0] == 0) {
            throw sliced();
        }
        Entry entry = tensor(name(key), ProtoFields.of(index, block, "entry", from, end));
        if (entry != null) {
            if (entries.size() == Limits.TENSORS) {
                throw index.corrupt("has more than " + Limits.TENSORS + " tensors", null);
            }
            entries.add(entry);
        }
    }

    private String name(byte[] key) {
        String name;
        try {
            name = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(key))
                    .toString();
        } catch (CharacterCodingException e) {
            throw index.corrupt("has a name that is not UTF-8", e);
        }
        return Limits.name(index, name);
    }

    private void header(ProtoFields fields) {
        shards = 0;
        while (fields.next()) {
            switch (fields.field()) {
                case 1 -> shards = fields.number("count of shards");
                case 2 -> {
                    if (fields.number("byte order") != 0) {
                        throw new DataException(index.path()
                                + " holds big-endian numbers, which are not read; save the checkpoint again on a"
                                + " little-endian machine");
                    }
                }
                default -> {} // the version
            }
        }
        if (shards < 1 || shards > MOST_SHARDS) {
            throw index.corrupt("has " + shards + " shards, where 1 to " + MOST_SHARDS + " are allowed", null);
        }
    }

    private DataException sliced() {
        return new DataException(index.path()
                + " holds variables in slices, which are not put together; save the checkpoint without a partitioner");
    }

    /** Null for text. */
    private Entry tensor(String name, ProtoFields fields) {
        long type = 0;
        long shard = 0;
        long offset = 0;
        long size = 0;
        int checksum = 0;
        List<Long> shape = List.of();
        while (fields.next()) {
            switch (fields.field()) {
                case 1 -> type = fields.number("data type");
                case 2 -> shape = shape(name, fields.message("shape"));
                case 3 -> shard = fields.number("shard");
                case 4 -> offset = fields.number("offset");
                case 5 -> size = fields.number("size");
                case 6 -> checksum = fields.fixed32("checksum");
                case 7 -> throw sliced();
                default -> {}
            }
        }
        ElementType element = element(name, type);
        if (element == null) {
            return null;
        }
        if (shard < 0 || shard >= shards) {
            throw index.corrupt("places tensor " + name + " in a shard that it does not have", null);
        }
        long bytes = Limits.bytes(index, name, element, shape);
        if (size != bytes) {
            throw index.corrupt(
                    "has " + size + " bytes for tensor " + name + ", where its shape asks for " + bytes, null);
        }
        StoredFile file = files.computeIfAbsent(shard, this::shard);
        if (offset < 0 || offset > file.length() || size > file.length() - offset) {
            throw file.corrupt("ends before the last value of tensor " + name, null);
        }
        return new Entry(name, element, shape, file, offset, size, checksum);
    }

    /** Its name is made here, not read: it cannot lead elsewhere. */
    private StoredFile shard(long shard) {
        String stem = index.path().substring(0, index.path().length() - INDEX.length());
        return StoredFile.look(conf, String.format(Locale.ROOT, "%s.data-%05d-of-%05d", stem, shard, shards));
    }

    private List<Long> shape(String name, ProtoFields fields) {
        List<Long> shape = new ArrayList<>();
        while (fields.next()) {
            if (fields.field() == 3 && fields.number("rank") != 0) {
                throw index.corrupt("has no shape for tensor " + name, null);
            }
            if (fields.field() != 2) {
                continue;
            }
            if (shape.size() == MOST_DIMENSIONS) {
                throw index.corrupt("has a tensor of more than " + MOST_DIMENSIONS + " dimensions", null);
            }
            long size = 0;
            for (ProtoFields dimension = fields.message("dimension"); dimension.next(); ) {
                size = dimension.field() == 1 ? dimension.number("size") : size;
            }
            if (size < 0) {
                throw index.corrupt("has a negative dimension for tensor " + name, null);
            }
            shape.add(size);
        }
        return List.copyOf(shape);
    }

    /** Null for what is no number. */
    private ElementType element(String name, long type) {
        return switch ((int) Math.max(-1, Math.min(1000, type))) {
            case 1 -> ElementType.F32;
            case 2 -> ElementType.F64;
            case 3 -> ElementType.I32;
            case 4 -> ElementType.U8;
            case 5 -> ElementType.I16;
            case 6 -> ElementType.I8;
            case 7, 20, 21 -> null;
            case 9 -> ElementType.I64;
            case 10 -> ElementType.BOOL;
            case 14 -> ElementType.BF16;
            case 17 -> ElementType.U16;
            case 19 -> ElementType.F16;
            case 22 -> ElementType.U32;
            case 23 -> ElementType.U64;
            case 8, 11, 12, 13, 15, 16, 18 ->
                throw new DataException(index.path() + ": tensor " + name
                        + " holds complex or quantised numbers, which are not read; save it as float32");
            default -> throw index.corrupt("has an unknown data type " + type + " for tensor " + name, null);
        };
    }

    /** Kernels are stored (in, out). */
    private static Role role(Entry entry) {
        if (entry.shape().size() != 2) {
            return Role.UNKNOWN;
        }
        String last = variable(entry.name());
        return last.endsWith("/kernel") ? Role.IN_OUT : last.endsWith("embeddings") ? Role.EMBEDDING : Role.UNKNOWN;
    }

    /** TensorFlow 2 says behind the path of a variable that it is one. */
    private static String variable(String name) {
        return name.endsWith(OBJECT) ? name.substring(0, name.length() - OBJECT.length()) : name;
    }

    private static String name(Entry entry) {
        String[] parts = variable(entry.name()).split("/", -1);
        int last = parts.length - 1;
        for (int i = 0; i < last; i++) {
            parts[i] = LAYER.matcher(parts[i]).matches() ? parts[i].replace('_', '.') : parts[i];
        }
        parts[last] = switch (parts[last]) {
            case "kernel", "gamma", "embeddings" -> "weight";
            case "beta" -> "bias";
            default -> parts[last].endsWith("_embeddings") ? parts[last] + ".weight" : parts[last];
        };
        return String.join(".", parts);
    }
}
