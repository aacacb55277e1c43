package lowrank.kernel;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The one place where names and parameters become kernels. A kernel and its parameters are written out as {@link Kernel#name} and
 * {@link Kernel#parameters}, and read back by {@link #of}.
 */
public final class Kernels {
    private static final String BANDWIDTH = DistanceKernel.BANDWIDTH;

    /** A name, its parameters with their defaults (null: one must be given), and what makes a kernel of their values. */
    private record Entry(Map<String, Double> defaults, Function<Values, Kernel> maker) {}

    private static final Map<String, Entry> ENTRIES = entries();

    private Kernels() {}

    private static Map<String, Entry> entries() {
        Map<String, Entry> all = new LinkedHashMap<>();
        all.put(Gaussian.NAME, new Entry(parameters(BANDWIDTH, null), v -> new Gaussian(v.get(BANDWIDTH))));
        all.put(Laplacian.NAME, new Entry(parameters(BANDWIDTH, null), v -> new Laplacian(v.get(BANDWIDTH))));
        all.put(
                Matern.NAME,
                new Entry(parameters(BANDWIDTH, null, "nu", 1.5), v -> new Matern(v.get(BANDWIDTH), v.get("nu"))));
        all.put(
                RationalQuadratic.NAME,
                new Entry(
                        parameters(BANDWIDTH, null, "alpha", 1.0),
                        v -> new RationalQuadratic(v.get(BANDWIDTH), v.get("alpha"))));
        all.put("cauchy", new Entry(parameters(BANDWIDTH, null), v -> new RationalQuadratic(v.get(BANDWIDTH), 1)));
        all.put(
                Polynomial.NAME,
                new Entry(
                        parameters("scale", 1.0, "offset", 1.0, "degree", 3.0),
                        v -> new Polynomial(v.get("scale"), v.get("offset"), v.whole("degree"))));
        all.put(ArcCosine.NAME, new Entry(parameters("order", 1.0), v -> new ArcCosine(v.whole("order"))));
        all.put(
                Exponential.NAME,
                new Entry(parameters("temperature", 1.0), v -> new Exponential(v.get("temperature"))));
        all.put(AdditiveChi2.NAME, new Entry(parameters(), v -> new AdditiveChi2()));
        all.put(
                ExponentialChi2.NAME,
                new Entry(parameters(BANDWIDTH, null), v -> new ExponentialChi2(v.get(BANDWIDTH))));
        return Collections.unmodifiableMap(all);
    }

    /** Names and defaults in turn; null for a parameter that must be given. */
    private static Map<String, Double> parameters(Object... namesAndDefaults) {
        Map<String, Double> defaults = new LinkedHashMap<>();
        for (int i = 0; i < namesAndDefaults.length; i += 2) {
            defaults.put((String) namesAndDefaults[i], (Double) namesAndDefaults[i + 1]);
        }
        return defaults;
    }

    private record Values(Map<String, Double> values) {
        double get(String name) {
            return values.get(name);
        }

        int whole(String name) {
            double value = values.get(name);
            if (value != (int) value) {
                throw new IllegalArgumentException("kernel." + name + " must be a whole number, not " + value);
            }
            return (int) value;
        }
    }

    /** All names, in the order of the documentation. */
    public static List<String> names() {
        return List.copyOf(ENTRIES.keySet());
    }

    private static Entry entry(String name) {
        Entry entry = ENTRIES.get(name);
        if (entry == null) {
            throw new IllegalArgumentException(
                    "kernel.name = " + name + " is not known; choose one of " + String.join(", ", names()));
        }
        return entry;
    }

    /**
     * A kernel.
     *
     * @param given the parameters that are set; others take their defaults
     * @throws IllegalArgumentException naming the key, when the name is not known, a parameter does not apply or is missing, or its value
     *     is out of range
     */
    public static Kernel of(String name, Map<String, Double> given) {
        Entry entry = entry(name);
        for (String parameter : new TreeMap<>(given).keySet()) {
            if (!entry.defaults().containsKey(parameter)) {
                throw new IllegalArgumentException("kernel." + parameter + " does not apply to kernel.name = " + name
                        + ", which takes " + listed(entry) + "; remove it");
            }
        }
        Map<String, Double> values = new LinkedHashMap<>(entry.defaults());
        values.putAll(given);
        values.forEach((parameter, value) -> {
            if (value == null) {
                throw new IllegalArgumentException(
                        "kernel." + parameter + " is missing; kernel.name = " + name + " needs it");
            }
        });
        return entry.maker().apply(new Values(values));
    }

    private static String listed(Entry entry) {
        List<String> keys = new ArrayList<>();
        entry.defaults().keySet().forEach(parameter -> keys.add("kernel." + parameter));
        return keys.isEmpty() ? "no parameters" : String.join(", ", keys);
    }

    /** Whether a kernel has a bandwidth, which may be chosen by the data. */
    public static boolean hasBandwidth(String name) {
        return entry(name).defaults().containsKey(BANDWIDTH);
    }
}
