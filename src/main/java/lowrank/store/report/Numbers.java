package lowrank.store.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Numbers as a reader wants them: four significant digits, thousands separators, powers of ten for the rest. */
final class Numbers {
    private static final int DIGITS = 4;
    private static final String SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    private Numbers() {}

    /** A whole number with thousands separators. */
    static String whole(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** A measured number. */
    static String of(double value) {
        return format(value, DIGITS, false);
    }

    /** A measured number to two digits: a size rather than a value. */
    static String rough(double value) {
        return format(value, 2, false);
    }

    /** A measured number; counts as counts. */
    static String counted(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? whole((long) value) : of(value);
    }

    /** A score to two decimals, as one compares them in a grid. */
    static String score(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.equals("-0.00") ? "0.00" : text;
    }

    /** A number that somebody chose, without zeros at its end. */
    static String chosen(double value) {
        return format(value, DIGITS, true);
    }

    private static String format(double value, int digits, boolean strip) {
        if (Double.isNaN(value)) {
            return "not known";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "∞" : "-∞";
        }
        if (value == 0) {
            return "0";
        }
        BigDecimal exact = new BigDecimal(value);
        // Digits before the point are never rounded away.
        int whole = exact.precision() - exact.scale();
        int most = whole > 0 && whole <= 7 ? Math.max(digits, whole) : digits;
        BigDecimal rounded = exact.round(new MathContext(most, RoundingMode.HALF_EVEN));
        if (strip) {
            rounded = rounded.stripTrailingZeros();
        }
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -3 && exponent < 7) {
            int decimals = strip ? Math.max(0, rounded.scale()) : Math.max(0, digits - 1 - exponent);
            return String.format(Locale.ROOT, "%,." + decimals + "f", rounded);
        }
        BigDecimal mantissa = rounded.movePointLeft(exponent);
        return strip && mantissa.compareTo(BigDecimal.ONE) == 0
                ? power(exponent)
                : mantissa.toPlainString() + "×" + power(exponent);
    }

    /** 10 to a power. */
    static String power(int exponent) {
        StringBuilder text = new StringBuilder("10").append(exponent < 0 ? "⁻" : "");
        for (char digit : Integer.toString(Math.abs(exponent)).toCharArray()) {
            text.append(SUPERSCRIPTS.charAt(digit - '0'));
        }
        return text.toString();
    }

    /** A share as a percentage; what is nearly all or nearly nothing is never rounded to all or nothing. */
    static String percent(double share) {
        if (Double.isNaN(share)) {
            return "not known";
        }
        if (share >= 1) {
            return "100%";
        }
        if (share > 0.9999) {
            return "over 99.99%";
        }
        if (share >= 0.01) {
            return String.format(Locale.ROOT, "%.2f%%", 100 * share);
        }
        return share == 0 || share >= 1e-6 ? rough(100 * share) + "%" : rough(share);
    }

    /** A part of one, for the style of a picture. */
    static String part(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    /** A coordinate of a picture. */
    static String px(double value) {
        String text = String.format(Locale.ROOT, "%.1f", value);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }
}
