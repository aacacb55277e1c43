package lowrank.io.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every half and every bfloat16, and the rounding to them, against their definitions. */
class ElementTypeTest {
    private static final int PATTERNS = 1 << 16;

    /** The value of a pattern by IEEE 754's definition. */
    private static double defined(int bits, int exponentBits, int fractionBits) {
        int bias = (1 << exponentBits - 1) - 1;
        int exponent = bits >> fractionBits & (1 << exponentBits) - 1;
        int fraction = bits & (1 << fractionBits) - 1;
        double sign = bits >> 15 == 0 ? 1 : -1;
        if (exponent == (1 << exponentBits) - 1) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        double significand = fraction / (double) (1 << fractionBits) + (exponent == 0 ? 0 : 1);
        return sign * significand * Math.pow(2, Math.max(exponent, 1) - bias);
    }

    private static IntToDoubleFunction definition(ElementType type) {
        return bits -> type == ElementType.F16 ? defined(bits, 5, 10) : defined(bits, 8, 7);
    }

    private static double[] decoded(ElementType type, int... patterns) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * patterns.length + 3).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < patterns.length; i++) {
            bytes.putShort(3 + 2 * i, (short) patterns[i]);
        }
        double[] values = new double[patterns.length];
        type.decode(bytes, 3, values, patterns.length);
        return values;
    }

    private static int[] encoded(ElementType type, double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * values.length + 3).order(ByteOrder.LITTLE_ENDIAN);
        type.encode(values, values.length, bytes, 3);
        int[] patterns = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            patterns[i] = Short.toUnsignedInt(bytes.getShort(3 + 2 * i));
        }
        return patterns;
    }

    private static int[] all() {
        int[] all = new int[PATTERNS];
        for (int i = 0; i < PATTERNS; i++) {
            all[i] = i;
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void everyPatternIsReadAsItsDefinitionSaysAndWrittenBack(ElementType type) {
        double[] values = decoded(type, all());
        int[] again = encoded(type, values);

        for (int bits = 0; bits < PATTERNS; bits++) {
            double expected = definition(type).applyAsDouble(bits);
            assertThat(Double.compare(values[bits], expected))
                    .as("value of %x", bits)
                    .isZero();
            if (Double.isNaN(expected)) {
                assertThat(definition(type).applyAsDouble(again[bits])).isNaN();
            } else {
                assertThat(again[bits]).isEqualTo(bits);
            }
        }
    }

    /** The nearest of all finite values, ties to the even pattern; what is past half way to the next power of two is infinite. */
    private static int nearest(TreeMap<Double, Integer> finite, int infinity, double value) {
        double low = finite.floorKey(value);
        Double high = finite.higherKey(value);
        int below = finite.get(low);
        if (high == null) {
            // The step to a value that the type does not have, as if it had.
            high = low + (low - finite.lowerKey(low));
        }
        int above = finite.getOrDefault(high, infinity);
        // Exact: both distances are of few bits or the value is near one of them.
        int nearer = Double.compare(value - low, high - value);
        return nearer < 0 || (nearer == 0 && below % 2 == 0) ? below : above;
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void roundingIsToTheNearestWithTiesToEvenAndHappensOnce(ElementType type) {
        TreeMap<Double, Integer> finite = new TreeMap<>();
        int infinity = encoded(type, Double.POSITIVE_INFINITY)[0];
        for (int bits = 0; bits < infinity; bits++) {
            finite.put(definition(type).applyAsDouble(bits), bits);
        }
        double last = finite.lastKey();
        double past = last + (last - finite.lowerKey(last));
        double before = 0;
        for (double value : finite.tailMap(0.0, false).keySet()) {
            check(type, finite, infinity, before + (value - before) / 2);
            before = value;
        }
        check(type, finite, infinity, last + (past - last) / 2);

        assertThat(encoded(type, past, Double.MAX_VALUE, Double.MIN_VALUE, -Double.MIN_VALUE, -past, -0.0))
                .containsExactly(infinity, infinity, 0, 0x8000, infinity | 0x8000, 0x8000);
    }

    /** A tie, and the doubles beside it, which a rounding to float first would make ties too. */
    private static void check(ElementType type, TreeMap<Double, Integer> finite, int infinity, double tie) {
        double[] values = {tie, Math.nextUp(tie), Math.nextDown(tie), -tie, -Math.nextUp(tie), -Math.nextDown(tie)};
        int[] patterns = encoded(type, values);
        for (int i = 0; i < values.length; i++) {
            int expected = nearest(finite, infinity, Math.abs(values[i])) | (values[i] < 0 ? 0x8000 : 0);
            assertThat(patterns[i]).as("%a", values[i]).isEqualTo(expected);
        }
    }

    @Test
    void floatsAndDoublesAreCopiedAndWholeNumbersReadWithTheirSigns() {
        ByteBuffer bytes = ByteBuffer.allocate(17).order(ByteOrder.LITTLE_ENDIAN);
        double[] pair = {1.0 / 3, -0.0};
        ElementType.F64.encode(pair, 2, bytes, 1);
        assertThat(bytes.getDouble(1)).isEqualTo(1.0 / 3);
        double[] values = new double[2];
        ElementType.F64.decode(bytes, 1, values, 2);
        assertThat(values).isEqualTo(pair);
        ElementType.F32.encode(pair, 2, bytes, 1);
        ElementType.F32.decode(bytes, 1, values, 2);
        assertThat(values).isEqualTo(new double[] {(float) (1.0 / 3), -0.0});

        bytes.putLong(1, -1).putLong(9, Long.MIN_VALUE);
        for (ElementType type : ElementType.values()) {
            if (!type.floating()) {
                type.decode(bytes, 1, values, 2);
                boolean signed = type.name().startsWith("I");
                BigInteger most = BigInteger.ONE.shiftLeft(8 * type.bytes()).subtract(BigInteger.ONE);
                assertThat(values[0]).as(type.name()).isEqualTo(signed ? -1 : most.doubleValue());
            }
        }
        ElementType.U64.decode(bytes, 9, values, 1);
        assertThat(values[0]).isEqualTo(0x1p63);
        // The last bit decides: 2^63 + 2^10 is half way between two doubles.
        bytes.putLong(9, Long.MIN_VALUE + 1025);
        ElementType.U64.decode(bytes, 9, values, 1);
        assertThat(values[0]).isEqualTo(0x1p63 + 2048);
    }
}
