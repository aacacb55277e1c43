package lowrank.weights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.JsonFile;
import lowrank.io.checkpoint.StoredTensor;

/**
 * What several adapters, weighted, add to one base together.
 *
 * @param targets modules that at least one of them adds to, in the order of their paths
 * @param whole tensors that one of them holds whole
 * @param settings of the sum
 * @param notes what a user should know of it
 */
public record AdapterSum(
        List<Target> targets, List<StoredTensor> whole, AdapterFolder.Settings settings, List<String> notes) {

    /**
     * What is added to the weight of one module.
     *
     * @param kernel height and width of a convolution's kernel, or empty
     * @param parts that make it up, those of the weight 0 left out
     */
    public record Target(
            String path, AdapterModule.Kind kind, int out, int in, List<Long> kernel, List<Merging.Part> parts)
            implements Serializable {
        public Target {
            kernel = new ArrayList<>(kernel);
            parts = new ArrayList<>(parts);
        }

        /** The inner dimension of all parts side by side: the rank of the sum is at most this. */
        public int inner() {
            return parts.stream().mapToInt(part -> part.module().rank()).sum();
        }

        /** Numbers in the factors of all parts. */
        public long count() {
            return inner() * ((long) out + in);
        }

        /** min(out, in, inner): what the rank is at most. */
        public int most() {
            return Math.min(Math.min(out, in), inner());
        }

        /** The first whole number in the path, or -1. */
        public int layer() {
            return Weight.layer(path);
        }
    }

    public AdapterSum {
        targets = List.copyOf(targets);
        whole = List.copyOf(whole);
        notes = List.copyOf(notes);
    }

    /**
     * Puts adapters together.
     *
     * @param weights how often each is added
     * @param base the name that the sum gives its base, or null for the one that the adapters give
     * @throws DataException if the adapters were made for different bases, give a module different shapes, or hold whole tensors in such a
     *     way that their sum is no adapter
     */
    public static AdapterSum of(List<Adapter> adapters, List<Double> weights, String base) {
        Map<String, Target> targets = new TreeMap<>();
        Map<String, Adapter> first = new LinkedHashMap<>();
        for (int a = 0; a < adapters.size(); a++) {
            Adapter adapter = adapters.get(a);
            for (AdapterModule module : adapter.modules()) {
                Target sum = targets.computeIfAbsent(module.path(), path -> empty(module));
                Adapter other = first.computeIfAbsent(module.path(), path -> adapter);
                requireAlike(sum, other, empty(module), adapter);
                double times = weights.get(a) * module.scale();
                if (times != 0) {
                    sum.parts.add(new Merging.Part(module, times));
                }
            }
        }
        return new AdapterSum(
                new ArrayList<>(targets.values()), whole(adapters, weights), settings(adapters, base), notes(adapters));
    }

    private static List<String> notes(List<Adapter> adapters) {
        List<String> tasks = distinct(adapters, settings -> Stream.of(settings).map(AdapterFolder.Settings::task));
        Stream<String> own = adapters.stream().flatMap(adapter -> adapter.notes().stream());
        return Stream.concat(
                        own,
                        tasks.size() > 1
                                ? Stream.of("the adapters are for " + String.join(" and ", tasks)
                                        + ": task_type of the sum is null")
                                : Stream.empty())
                .distinct()
                .toList();
    }

    private static Target empty(AdapterModule module) {
        return new Target(module.path(), module.kind(), module.out(), module.in(), module.kernel(), List.of());
    }

    private static void requireAlike(Target one, Adapter of, Target other, Adapter ofOther) {
        if (one.kind != other.kind || one.out != other.out || one.in != other.in || !one.kernel.equals(other.kernel)) {
            throw new DataException(one.path + " is " + shape(one) + " in " + of.path() + " and " + shape(other)
                    + " in " + ofOther.path() + "; add up adapters of one base");
        }
    }

    private static String shape(Target module) {
        String kind = module.kind == AdapterModule.Kind.EMBEDDING ? "a table of " : "a matrix of ";
        return kind + module.out + " x " + module.in
                + (module.kernel.isEmpty() ? "" : ", with the kernel " + module.kernel);
    }

    /** A tensor that is held whole replaces that of the base: it can be taken once, as it is, or the base must be known. */
    private static List<StoredTensor> whole(List<Adapter> adapters, List<Double> weights) {
        Map<String, Adapter> owners = new LinkedHashMap<>();
        List<StoredTensor> whole = new ArrayList<>();
        for (int a = 0; a < adapters.size(); a++) {
            Adapter adapter = adapters.get(a);
            adapter.requireAddable(weights.get(a));
            adapter.whole().forEach((name, tensor) -> {
                Adapter there = owners.put(name, adapter);
                if (there != null) {
                    throw new DataException(name + " is replaced twice: " + there.path() + " and " + adapter.path()
                            + " hold it whole; save one of them without (modules_to_save, bias)");
                }
                whole.add(tensor);
            });
        }
        owners.forEach((name, owner) -> requireUntouched(name, owner, adapters));
        return whole;
    }

    private static void requireUntouched(String name, Adapter owner, List<Adapter> adapters) {
        for (Adapter adapter : adapters) {
            boolean adds = adapter.modules().stream()
                    .anyMatch(module -> name.equals(module.path()) || name.equals(module.path() + ".weight"));
            if (adds && adapter != owner) {
                throw new DataException(name + " is changed twice: " + owner.path() + " holds it whole, and "
                        + adapter.path() + " adds to it; add up adapters of one kind");
            }
        }
    }

    private static AdapterFolder.Settings settings(List<Adapter> adapters, String base) {
        Adapter one = adapters.get(0);
        for (Adapter adapter : adapters) {
            if (adapter.inOut() != one.inOut()) {
                throw new DataException("adapter_config.json of " + one.path() + " sets fan_in_fan_out = " + one.inOut()
                        + ", that of " + adapter.path() + " " + adapter.inOut()
                        + ": one base is stored one way; correct the wrong one");
            }
        }
        List<String> tasks = distinct(adapters, settings -> Stream.of(settings).map(AdapterFolder.Settings::task));
        List<String> biases = distinct(
                adapters, settings -> Stream.of(settings.bias()).filter(word -> !word.equals(AdapterFolder.NO_BIAS)));
        return new AdapterFolder.Settings(
                base != null ? base : base(adapters),
                tasks.size() == 1 ? tasks.get(0) : null,
                one.inOut(),
                biases.isEmpty() ? AdapterFolder.NO_BIAS : biases.size() == 1 ? biases.get(0) : "all",
                distinct(adapters, settings -> settings.saved().stream()));
    }

    private static List<String> distinct(
            List<Adapter> adapters, Function<AdapterFolder.Settings, Stream<String>> names) {
        return adapters.stream()
                .flatMap(adapter -> names.apply(adapter.settings()))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** The name that all adapters give their base; one that gives none is taken to be made for the others'. */
    private static String base(List<Adapter> adapters) {
        Adapter named = null;
        for (Adapter adapter : adapters) {
            String base = adapter.settings().base();
            if (base == null || base.isEmpty()) {
                continue;
            }
            if (named != null && !base.equals(named.settings().base())) {
                throw new DataException(named.path() + " was made for "
                        + JsonFile.shown(named.settings().base()) + ", " + adapter.path() + " for "
                        + JsonFile.shown(base) + "; if they are one model, give its name as read.base");
            }
            named = adapter;
        }
        return named == null ? null : named.settings().base();
    }
}
