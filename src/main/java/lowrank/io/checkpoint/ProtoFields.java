package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import lowrank.io.CorruptFileException;
import lowrank.io.StoredFile;

/**
 * The fields of a protobuf message that lies in a file, one after the other. Payloads are passed over by their length, so a message of
 * gigabytes costs what its tags cost. Whatever an enemy writes, a field stays inside its message and a message inside its file.
 */
final class ProtoFields {
    /** How a value is encoded: the lower three bits of a tag. */
    static final int VARINT = 0;

    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;

    private final Source source;
    private final String what;
    private final long end;
    private long at;
    private int field;
    private int wire;
    private long value;
    private long from;
    private long length;

    private ProtoFields(Source source, String what, long from, long end) {
        this.source = source;
        this.what = what;
        this.at = from;
        this.end = end;
    }

    /**
     * The message that is the range {@code from .. end} of a file.
     *
     * @param mostFields after so many, in the message and all that are opened inside it, it is refused: fields of two bytes could
     *     keep a reader busy for hours
     */
    static ProtoFields of(FileBytes file, String what, long from, long end, long mostFields) {
        return new ProtoFields(new Source(file.file(), file, mostFields), what, from, end);
    }

    /** The message that is the range {@code from .. end} of bytes of a file. */
    static ProtoFields of(StoredFile file, ByteBuffer bytes, String what, int from, int end) {
        Source source = new Source(file, null, bytes.limit());
        source.window = bytes;
        return new ProtoFields(source, what, from, end);
    }

    /** Goes to the next field; false behind the last one. */
    boolean next() {
        if (at == end) {
            return false;
        }
        source.count();
        long tag = varint();
        if (tag >>> 32 != 0 || tag >>> 3 == 0) {
            throw corrupt("has a field with no valid number in its " + what);
        }
        field = (int) (tag >>> 3);
        wire = (int) (tag & 7);
        length = 0;
        switch (wire) {
            case VARINT -> {
                from = at;
                value = varint();
            }
            case FIXED64 -> length = 8;
            case FIXED32 -> length = 4;
            case BYTES -> length = varint();
            default -> throw corrupt("has a field of unknown kind " + wire + " in its " + what);
        }
        if (length < 0 || length > end - at) {
            throw corrupt("has a field that reaches beyond its " + what);
        }
        if (wire != VARINT) {
            from = at;
            at += length;
        }
        return true;
    }

    int field() {
        return field;
    }

    int wire() {
        return wire;
    }

    /** Where the payload begins in the file. */
    long from() {
        return from;
    }

    /** Bytes of the payload. */
    long length() {
        return wire == VARINT ? at - from : length;
    }

    /** The number of a field of kind {@code VARINT}. */
    long number(String name) {
        expect(VARINT, name);
        return value;
    }

    /** The four bytes of a field of kind {@code FIXED32}. */
    int fixed32(String name) {
        expect(FIXED32, name);
        int bytes = 0;
        for (int i = 3; i >= 0; i--) {
            bytes = bytes << 8 | source.get(what, from + i) & 0xff;
        }
        return bytes;
    }

    /** The message inside the field. */
    ProtoFields message(String name) {
        expect(BYTES, name);
        return new ProtoFields(source, name, from, from + length);
    }

    /** The varints packed in the field, or the only one. */
    ProtoFields.Packed numbers(String name) {
        if (wire != VARINT) {
            expect(BYTES, name);
        }
        return new Packed(name, from, from + length());
    }

    /** The text of the field, of at most {@code most} bytes. */
    String text(String name, int most) {
        expect(BYTES, name);
        if (length > most) {
            throw corrupt("has a " + name + " of " + length + " bytes, where " + most + " are allowed");
        }
        source.read(length);
        byte[] bytes = new byte[(int) length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = source.get(what, from + i);
        }
        if (bytes.length == 0) {
            return "";
        }
        try {
            return Limits.name(
                    source.file(), source.decoder.decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            throw source.file().corrupt("has a " + name + " that is not UTF-8", e);
        }
    }

    void expect(int kind, String name) {
        if (wire != kind) {
            throw corrupt("has a " + name + " of another kind than the format asks for");
        }
    }

    CorruptFileException corrupt(String problem) {
        return source.file().corrupt(problem, null);
    }

    private long varint() {
        long result = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (at == end) {
                throw corrupt("ends inside a number of its " + what);
            }
            byte b = source.get(what, at++);
            if (shift == 63 && (b & 0xfe) != 0) {
                break;
            }
            result |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return result;
            }
        }
        throw corrupt("has a number of more than 64 bits in its " + what);
    }

    /** Varints side by side. */
    final class Packed {
        private final ProtoFields numbers;

        private Packed(String name, long from, long end) {
            this.numbers = new ProtoFields(source, name, from, end);
        }

        boolean hasNext() {
            return numbers.at < numbers.end;
        }

        long next() {
            source.count();
            return numbers.varint();
        }

        /** Whether each of them is one byte, as numbers below 128 are. */
        boolean singleBytes() {
            for (long p = numbers.at; p < numbers.end; p++) {
                if (source.get(what, p) < 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /** The bytes near the place that is being read. */
    private static final class Source {
        private static final int WINDOW = 1 << 16;
        /** Names of a model of ten thousand tensors are some megabytes. */
        private static final long MOST_TEXT = 1 << 26;

        private final StoredFile file;
        private final FileBytes bytes;
        private final long mostFields;
        private long fields;
        private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        private long text;
        private long begin;
        private ByteBuffer window = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);

        Source(StoredFile file, FileBytes bytes, long mostFields) {
            this.file = file;
            this.bytes = bytes;
            this.mostFields = mostFields;
        }

        StoredFile file() {
            return file;
        }

        void count() {
            if (++fields > mostFields) {
                throw file().corrupt("has more than " + mostFields + " fields", null);
            }
        }

        void read(long characters) {
            text += characters;
            if (text > MOST_TEXT) {
                throw file().corrupt("has more than " + MOST_TEXT + " bytes of names", null);
            }
        }

        byte get(String what, long at) {
            if (at < begin || at >= begin + window.limit()) {
                window = bytes.bytes(what, at, (int) Math.max(1, Math.min(WINDOW, file().length() - at)));
                begin = at;
            }
            return window.get((int) (at - begin));
        }
    }
}
