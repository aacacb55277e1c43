package lowrank.io.checkpoint;

import java.util.List;
import lowrank.io.StoredFile;

/** What every format of checkpoints is held to, so that a header of a few bytes cannot ask for memory or hide a name. */
final class Limits {
    /**
     * Tensors of one file. The largest open models hold 92,000 in all their files together; more in one file are names made to
     * exhaust a reader.
     */
    static final int TENSORS = 100_000;
    /** Tensors of a checkpoint. */
    static final int ALL_TENSORS = 1_000_000;
    /** Bytes of a header: the limit of safetensors' own reader. */
    static final int HEADER = 100_000_000;
    /** Dimensions of a tensor: as many as NumPy and PyTorch allow. */
    static final int DIMENSIONS = 64;
    /** Characters of a tensor's name. */
    static final int NAME = 1_000;

    private static final int SHOWN = 120;

    private Limits() {}

    /**
     * The name of a tensor, if it can be told from others and printed.
     *
     * @throws lowrank.io.CorruptFileException if it is empty, too long, or holds characters that do not show
     */
    static String name(StoredFile file, String name) {
        if (name.isEmpty()) {
            throw file.corrupt("holds a tensor without a name", null);
        }
        if (name.length() > NAME) {
            throw file.corrupt("holds a name of " + name.length() + " characters, where " + NAME + " are read", null);
        }
        if (!name.codePoints().allMatch(Limits::visible)) {
            throw file.corrupt("holds a name with control characters: " + shown(name), null);
        }
        return name;
    }

    private static boolean visible(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /** Text of a file as it may stand in a message: short, and without characters that do not show. */
    static String shown(String text) {
        String start = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
        StringBuilder shown = new StringBuilder();
        start.codePoints().forEach(c -> shown.appendCodePoint(visible(c) ? c : '?'));
        return shown.toString();
    }

    /**
     * Bytes of a tensor.
     *
     * @throws lowrank.io.CorruptFileException if 64 bits do not hold them
     */
    static long bytes(StoredFile file, String name, ElementType type, List<Long> shape) {
        try {
            long count = 1;
            for (long size : shape) {
                count = Math.multiplyExact(count, size);
            }
            return Math.multiplyExact(count, type.bytes());
        } catch (ArithmeticException e) {
            throw file.corrupt("holds " + name + " of a shape beyond all files", e);
        }
    }
}
