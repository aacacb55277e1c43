package lowrank.blocks;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;
import java.util.stream.Collectors;

/** Cells and rows that cannot be factored: how many, and the first ten by position. */
public final class Offenders implements Serializable {
    /** What is to be done about those of a table of rows. */
    public static final String REMEDY = "repair them, or filter them out with read.where";

    private static final int NAMED = 10;

    /** A place and what is wrong there; {@code row} is global. */
    public record Offender(long row, String column, String problem) implements Serializable {}

    private final List<Offender> first = new ArrayList<>();
    private long count;

    /** Notes one; they come in order of position. */
    public void add(long row, String column, String problem) {
        count++;
        if (first.size() < NAMED) {
            first.add(new Offender(row, column, problem));
        }
    }

    /** These, then those of a later range of rows. */
    public Offenders then(Offenders later) {
        Offenders both = new Offenders();
        both.first.addAll(first);
        for (Offender offender : later.first) {
            if (both.first.size() < NAMED) {
                both.first.add(offender);
            }
        }
        both.count = count + later.count;
        return both;
    }

    /** The same, with rows numbered in another way. */
    public Offenders renumbered(LongUnaryOperator rows) {
        Offenders other = new Offenders();
        first.forEach(o -> other.first.add(new Offender(rows.applyAsLong(o.row()), o.column(), o.problem())));
        other.count = count;
        return other;
    }

    public long count() {
        return count;
    }

    public List<Offender> first() {
        return List.copyOf(first);
    }

    /**
     * One sentence that names the first ten.
     *
     * @param places turns a global row into words, such as {@code "part-0.parquet row 17"}
     * @param remedy what is to be done about them, see {@link BlockSource#remedy}
     */
    public String sentence(LongFunction<String> places, String remedy) {
        return count + (count == 1 ? " cell or row" : " cells or rows") + " cannot be factored"
                + (count > first.size() ? " (the first " + first.size() + " are named)" : "") + ": "
                + first.stream()
                        .map(o -> places.apply(o.row()) + " column " + o.column() + " " + o.problem())
                        .collect(Collectors.joining("; "))
                + "; " + remedy;
    }
}
