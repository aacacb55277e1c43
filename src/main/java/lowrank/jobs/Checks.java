package lowrank.jobs;

import java.util.LinkedHashSet;
import java.util.Set;
import lowrank.certify.Measure;
import lowrank.store.OutputFolder;

/**
 * What {@code verify} finds of a result, a line for each thing that it measures; whether all of it holds, and what was left out.
 */
final class Checks {
    /** Roundings per feature that sums of rows may add, in units of the precision. */
    static final double ROUNDINGS = 64;

    private final OutputFolder.Result result;
    private final Set<String> measures = new LinkedHashSet<>();
    private final Set<String> tables = new LinkedHashSet<>();
    private boolean hold = true;

    Checks(OutputFolder.Result result) {
        this.result = result;
        result.manifest().findings().measures().forEach(measure -> measures.add(measure.name()));
        tables.addAll(result.manifest().factors().keySet());
    }

    /** Whether everything holds that was looked at. */
    boolean hold() {
        return hold;
    }

    /** What the manifest says of something that is then measured. */
    Measure claimed(String name) {
        measures.remove(name);
        return result.manifest().findings().measures().stream()
                .filter(measure -> measure.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new lowrank.io.CorruptFileException(
                        "the manifest of " + result.path() + " says nothing of the " + name + "; run the job again"));
    }

    /** Whether the manifest says something. */
    boolean claims(String name) {
        return result.manifest().findings().measures().stream()
                .anyMatch(measure -> measure.name().equals(name));
    }

    /** Says that tables, or measures, follow from the input by what was measured. */
    void covers(String... names) {
        tables.removeAll(Set.of(names));
        measures.removeAll(Set.of(names));
    }

    void near(String what, double measured, double claimed, double limit) {
        boolean near = Math.abs(measured - claimed) <= limit;
        hold &= near;
        VerifyCommand.line(
                "%-26s measured %.6g, stored %.6g, accepted within %.2g: %s",
                what, measured, claimed, limit, near ? "holds" : "does NOT hold");
    }

    void atMost(String what, double measured, double limit) {
        hold &= VerifyCommand.compare(what, measured, limit);
    }

    /** Says nothing where nothing was added. */
    void atMost(String what, Worst worst) {
        if (worst.where == null) {
            return;
        }
        atMost(worst.place().isEmpty() ? what : what + " (" + worst.place() + ")", worst.measured(), worst.accepted());
    }

    /**
     * Of several differences the one that is nearest to its limit, or farthest beyond. What is no number is beyond every limit, and stays
     * the worst whatever comes after it.
     */
    static final class Worst {
        private double measured;
        private double accepted;
        private double share;
        private String where;

        double measured() {
            return measured;
        }

        double accepted() {
            return accepted;
        }

        /** Where it is; empty where nothing was added, or without a place. */
        String place() {
            return where == null ? "" : where;
        }

        /** With the place that it was measured in, which is named if it is the worst. */
        void add(String place, double difference, double limit) {
            // A quotient: products of what is large or small overflow or vanish. Nothing may have a limit of 0.
            double part = difference == 0 && limit >= 0 ? 0 : difference / limit;
            if (where == null || Double.compare(part, share) > 0) {
                measured = Double.isFinite(difference) ? difference : Double.NaN;
                accepted = limit;
                share = part;
                where = place;
            }
        }

        /** Without a place. */
        void add(double difference, double limit) {
            add("", difference, limit);
        }
    }

    /** Of what is the same or not, such as digests. */
    void same(String what, boolean same, String meaning) {
        hold &= same;
        VerifyCommand.line("%-26s %s%s", what, same ? "" : "NOT ", meaning);
    }

    void say(String what, String words) {
        VerifyCommand.line("%-26s %s", what, words);
    }

    /** Names what was not measured and not made again. */
    void sayWhatIsLeft() {
        if (!tables.isEmpty()) {
            say("not made again", String.join(", ", tables) + ": no more is known than that they are as written");
        }
        if (!measures.isEmpty()) {
            say("not measured again", String.join(", ", measures));
        }
    }
}
