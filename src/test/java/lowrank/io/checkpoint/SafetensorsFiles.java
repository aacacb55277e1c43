package lowrank.io.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files made by hand, right and wrong ones. */
final class SafetensorsFiles {
    private SafetensorsFiles() {}

    /** A file of any header, with its true length, and {@code values} bytes 0, 1, 2, ... */
    static byte[] bytes(String header, int values) {
        return bytes(header.getBytes(StandardCharsets.UTF_8), values);
    }

    static byte[] bytes(byte[] header, int values) {
        return bytes(header.length, header, values);
    }

    /** The same with any length. */
    static byte[] bytes(long length, byte[] header, int values) {
        ByteBuffer file = ByteBuffer.allocate(8 + header.length + values).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(length).put(header);
        for (int i = 0; i < values; i++) {
            file.put((byte) i);
        }
        return file.array();
    }

    static Path write(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    /** A header's entry. */
    static String entry(String name, String type, String shape, long begin, long end) {
        return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + begin + ","
                + end + "]}";
    }
}
