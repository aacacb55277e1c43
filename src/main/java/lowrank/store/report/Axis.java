package lowrank.store.report;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis: values from {@code low} to {@code high} go to pixels from {@code from} to {@code to}.
 *
 * @param logarithmic whether equal ratios, not equal differences, are equally long
 */
record Axis(boolean logarithmic, double low, double high, double from, double to) {

    /** A mark on an axis. */
    record Tick(double value, String label) {}

    /** An axis over positive values that all lie inside it, with room at both ends. */
    static Axis decades(double least, double most, double from, double to) {
        // Compared as logarithms: the ratio of extreme values overflows.
        double low = Math.log10(least);
        double high = Math.log10(most);
        double room = high - low < 0.3 ? 0.3 : 0.04 * (high - low);
        return new Axis(
                true, Math.pow(10, Math.max(-320, low - 2 * room)), Math.pow(10, Math.min(308, high + room)), from, to);
    }

    /** A linear axis from {@code low}, or a little below the least value where that is nearer, to a little above the largest. */
    static Axis plain(double low, double least, double most, double from, double to) {
        double room = most > least ? 0.08 * (most - least) : Math.max(0.1 * Math.abs(most), 1e-300);
        return new Axis(false, Math.max(low, least - room), most + room, from, to);
    }

    private double scaled(double value) {
        return logarithmic ? Math.log10(value) : value;
    }

    /** The pixel of a value; values outside end at the ends. */
    double at(double value) {
        if (high == low) {
            return (from + to) / 2;
        }
        return from + Math.min(1, Math.max(0, share(value))) * (to - from);
    }

    /** How far along the axis a value lies: 0 at its low end, 1 at its high end, anything for values outside. */
    double share(double value) {
        return (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
    }

    /** Round values inside the axis, at most about {@code most}. */
    List<Tick> ticks(int most) {
        return logarithmic ? logarithmicTicks(most) : linearTicks(most);
    }

    private List<Tick> logarithmicTicks(int most) {
        double decades = Math.log10(high) - Math.log10(low);
        int step = Math.max(1, (int) Math.ceil(decades / most));
        // Where decades are few, the steps between them get marks of their own.
        int[] steps = 3 * decades <= most ? new int[] {1, 2, 5} : new int[] {1};
        List<Tick> ticks = new ArrayList<>();
        for (int e = (int) Math.floor(Math.log10(low)); e <= Math.log10(high); e++) {
            if (Math.floorMod(e, step) != 0) {
                continue;
            }
            for (int digit : steps) {
                double value = digit * Math.pow(10, e);
                if (value >= low && value <= high) {
                    ticks.add(new Tick(value, label(digit, e)));
                }
            }
        }
        return ticks;
    }

    /** Round values inside a linear axis, between whole numbers too. */
    List<Tick> fineTicks(int most) {
        int exponent = (int) Math.floor(Math.log10((high - low) / most));
        int digit = 1;
        while (digit * Math.pow(10, exponent) * most < high - low) {
            digit = digit == 1 ? 2 : digit == 2 ? 5 : 10;
        }
        double step = digit * Math.pow(10, exponent);
        List<Tick> ticks = new ArrayList<>();
        for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-9); i++) {
            ticks.add(new Tick(i * step, Numbers.chosen(i * step)));
        }
        return ticks;
    }

    private static String label(int digit, int exponent) {
        if (exponent >= -2 && exponent <= 5) {
            return Numbers.chosen(digit * Math.pow(10, exponent));
        }
        return digit == 1 ? Numbers.power(exponent) : digit + "×" + Numbers.power(exponent);
    }

    private List<Tick> linearTicks(int most) {
        List<Tick> ticks = new ArrayList<>();
        double step = 1;
        for (int i = 0; (high - low) / step > most; i++) {
            step *= i % 3 == 1 ? 2.5 : 2;
        }
        for (double value = Math.ceil(low / step) * step; value <= high; value += step) {
            ticks.add(new Tick(value, Numbers.whole((long) value)));
        }
        return ticks;
    }
}
