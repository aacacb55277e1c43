package lowrank.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The levels of a page of whole rows without nulls, as a V1 page begins with them; they follow from arithmetic alone. */
final class LevelBytes {
    /** From this width on, two runs per row take fewer bytes than packed bits. */
    private static final int RUNS_FROM = 32;

    private LevelBytes() {}

    /** Repetition and definition levels of {@code rows} rows of {@code width} required values; width 0 stands for empty lists. */
    static byte[] ofVectors(int rows, int width) {
        ByteArrayOutputStream repetition = new ByteArrayOutputStream();
        if (width <= 1) {
            run(repetition, rows, 0);
        } else if (width >= RUNS_FROM) {
            for (int row = 0; row < rows; row++) {
                run(repetition, 1, 0);
                run(repetition, width - 1, 1);
            }
        } else {
            packed(repetition, rows, width);
        }
        ByteArrayOutputStream definition = new ByteArrayOutputStream();
        run(definition, Math.multiplyExact(rows, Math.max(1, width)), width == 0 ? 0 : 1);
        return ByteBuffer.allocate(2 * Integer.BYTES + repetition.size() + definition.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(repetition.size())
                .put(repetition.toByteArray())
                .putInt(definition.size())
                .put(definition.toByteArray())
                .array();
    }

    private static void run(ByteArrayOutputStream out, int length, int value) {
        varint(out, length << 1);
        out.write(value);
    }

    private static void packed(ByteArrayOutputStream out, int rows, int width) {
        int groups = (Math.multiplyExact(rows, width) + 7) / 8;
        varint(out, groups << 1 | 1);
        byte[] bits = new byte[groups];
        for (int i = 0; i < rows * width; i++) {
            if (i % width != 0) {
                bits[i >> 3] |= (byte) (1 << (i & 7));
            }
        }
        out.writeBytes(bits);
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
