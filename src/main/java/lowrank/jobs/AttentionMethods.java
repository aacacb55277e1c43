package lowrank.jobs;

import java.util.Locale;
import lowrank.attention.AttentionCost;
import lowrank.attention.AttentionMethod;
import lowrank.attention.BetterOf;
import lowrank.attention.Linformer;
import lowrank.attention.NystromAttention;

/**
 * Which method a group of so many rows has: by the spec, and where that leaves it open by the shape alone.
 *
 * @param width values of a query
 * @param valueWidth values of an output
 */
record AttentionMethods(AttentionSpec spec, int width, int valueWidth) {
    AttentionCost cost() {
        return new AttentionCost(width, valueWidth, spec.causal());
    }

    /** Flops per row of what is not exact, with what measures its error. */
    double flopsPerRow() {
        double nystrom = cost().nystrom(spec.landmarks());
        double performer = cost().performer(spec.features(), 1);
        double method =
                switch (spec.method()) {
                    case EXACT -> 0;
                    case PERFORMER -> performer;
                    case NYSTROM -> nystrom;
                    case LINFORMER -> cost().linformer(spec.landmarks());
                    // Both are summed; the dearer one is applied at most.
                    case AUTO -> spec.causal() ? performer : performer + nystrom;
                };
        return method + cost().sampling(spec.sampled());
    }

    /** The rows from which on {@code auto} approximates. */
    long crossover() {
        return cost().crossover(flopsPerRow());
    }

    boolean isExact(long rows) {
        return switch (spec.method()) {
            case EXACT -> true;
            case AUTO -> rows < crossover();
            default -> false;
        };
    }

    /** Flops of a group. */
    double flops(long rows) {
        return isExact(rows) ? cost().exact(rows) : rows * flopsPerRow();
    }

    /** What approximates a group. */
    AttentionMethod<?, ?> approximation() {
        NystromAttention nystrom = new NystromAttention(spec.landmarks(), spec.inverse(), spec.scale(width));
        return switch (spec.method()) {
            case PERFORMER -> performer();
            case NYSTROM -> nystrom;
            case LINFORMER -> new Linformer(spec.landmarks(), spec.scale(width));
            case AUTO -> spec.causal() ? performer() : new BetterOf<>(performer(), nystrom);
            case EXACT -> throw new IllegalStateException("exact attention approximates nothing");
        };
    }

    private AttentionMethod<?, ?> performer() {
        throw new SpecException("attention.method = performer is not there yet");
    }

    /** Why a group has its method, in words. */
    String reason() {
        return switch (spec.method()) {
            case AUTO ->
                String.format(
                        Locale.ROOT,
                        "exact below %,d rows, where that takes fewer operations; from there on %s",
                        crossover(),
                        spec.causal()
                                ? "performer"
                                : "performer or nystrom, whichever leaves less error on the sampled queries");
            default -> spec.method().word() + ", as the spec says";
        };
    }
}
