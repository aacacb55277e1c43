package lowrank.blocks;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * The values that a label takes, in the input's type and in ascending order (text by its bytes in UTF-8). The place of a class in that
 * order is its <b>code</b>, 0 .. size - 1.
 *
 * @param numbers the classes where they are numbers; of texts the codes themselves
 * @param texts the classes where they are text, else empty
 */
public record Classes(Type type, double[] numbers, List<String> texts) implements Serializable {
    /** More values than this are no classes. */
    public static final int MOST = 10_000;

    /** What stands for a text that is none of the classes. */
    public static final double UNKNOWN = -1;

    /** Whole numbers that a double holds are of at most this magnitude. */
    private static final double WHOLE = 1L << 53;

    /** The input's type of the label. */
    public enum Type {
        INT,
        LONG,
        DOUBLE,
        TEXT
    }

    /** Numbers, in any order. */
    public static Classes ofNumbers(Type type, double[] numbers) {
        return new Classes(
                type,
                DoubleStream.of(numbers).map(x -> x + 0.0).sorted().distinct().toArray(),
                List.of());
    }

    /** Texts, in any order. */
    public static Classes ofTexts(Collection<String> texts) {
        List<String> sorted = texts.stream()
                .sorted((a, b) -> Arrays.compareUnsigned(
                        a.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        b.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .distinct()
                .toList();
        double[] codes = new double[sorted.size()];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = i;
        }
        return new Classes(Type.TEXT, codes, sorted);
    }

    /** The type of numbers whose file does not tell: LONG where all are whole, else DOUBLE. */
    public static Type typeOf(double[] numbers) {
        return DoubleStream.of(numbers).allMatch(x -> x == Math.rint(x) && Math.abs(x) < WHOLE)
                ? Type.LONG
                : Type.DOUBLE;
    }

    /** Whether a double holds each of these whole numbers apart from its neighbours. */
    public static boolean areApart(double[] numbers) {
        return DoubleStream.of(numbers).allMatch(x -> Math.abs(x) < WHOLE);
    }

    /** Number of classes. */
    public int size() {
        return numbers.length;
    }

    /** The code of a value of the label as it is read (for text, a code already), or -1 when it is none of the classes. */
    public int code(double value) {
        return Math.max(-1, Arrays.binarySearch(numbers, value + 0.0));
    }

    /** A class in words. */
    public String word(int code) {
        return switch (type) {
            case TEXT -> texts.get(code);
            case DOUBLE -> String.valueOf(numbers[code]);
            default -> String.valueOf((long) numbers[code]);
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Classes that
                && type == that.type
                && Arrays.equals(numbers, that.numbers)
                && texts.equals(that.texts);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * type.hashCode() + Arrays.hashCode(numbers)) + texts.hashCode();
    }

    @Override
    public String toString() {
        return type + (type == Type.TEXT ? texts.toString() : Arrays.toString(numbers));
    }
}
