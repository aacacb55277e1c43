package lowrank.spark;

import java.util.Locale;

/**
 * A pass while it runs, in words.
 *
 * @param label of the pass
 * @param unit what is counted, such as rows
 * @param rows how many there are
 * @param rowBytes decoded bytes of each
 * @param flops floating-point operations of the whole pass
 */
public record Progress(String label, String unit, long rows, long rowBytes, double flops) {
    /** Over the rows of a table. */
    Progress(String label, long rows, long rowBytes, double flops) {
        this(label, "rows", rows, rowBytes, flops);
    }

    /** One line: part and rows done, time left at the rates so far. What matters most comes first: terminals may be narrow. */
    String line(long done, double seconds) {
        if (done <= 0 || !(seconds > 0)) {
            return String.format(Locale.ROOT, "%s: 0 of %,d %s", label, rows, unit);
        }
        double part = (double) done / rows;
        return String.format(
                Locale.ROOT,
                "%s: %.0f %%, %s left, %,d of %,d %s, %.2f GB/s, %.1f GFLOP/s",
                label,
                Math.floor(100 * part),
                duration(seconds * (1 - part) / part),
                done,
                rows,
                unit,
                done * (double) rowBytes / 1e9 / seconds,
                flops * part / 1e9 / seconds);
    }

    /** A time as one would say it: 45 s, 3 min 20 s, 2 h 5 min. */
    public static String duration(double seconds) {
        long whole = Math.round(Math.ceil(seconds));
        if (whole < 60) {
            return whole + " s";
        }
        return whole < 3600
                ? whole / 60 + " min " + whole % 60 + " s"
                : whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }
}
