package lowrank.jobs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.kernel.Kernel;
import lowrank.kernel.Kernels;

/**
 * The section {@code kernel} of a spec, checked.
 *
 * @param parameters those that are set, without the bandwidth
 * @param bandwidths one, or several to choose from; empty for kernels without one
 * @param lengthScales what each column is divided by; empty for ones
 */
record KernelSpec(String name, Map<String, Double> parameters, List<BandwidthRule> bandwidths, double[] lengthScales) {
    private static final String BANDWIDTH = "bandwidth";

    static KernelSpec of(Spec spec) {
        String name = spec.oneOf("kernel.name", Kernels.names().toArray(String[]::new));
        Map<String, Double> parameters = new LinkedHashMap<>();
        for (String parameter : List.of("nu", "alpha", "degree", "scale", "offset", "order", "temperature")) {
            if (spec.differsFromDefault("kernel." + parameter)) {
                parameters.put(parameter, spec.number("kernel." + parameter));
            }
        }
        List<BandwidthRule> bandwidths = List.of();
        if (Kernels.hasBandwidth(name)) {
            bandwidths = BandwidthRule.of(spec);
        } else if (spec.differsFromDefault("kernel.bandwidth")) {
            throw new SpecException("kernel.bandwidth does not apply to kernel.name = " + name + "; remove it");
        }
        KernelSpec kernel = new KernelSpec(
                name,
                parameters,
                bandwidths,
                spec.list("kernel.length-scales").stream()
                        .mapToDouble(KernelSpec::length)
                        .toArray());
        kernel.kernel(1);
        return kernel;
    }

    private static double length(String item) {
        try {
            double length = Double.parseDouble(item);
            if (length > 0 && length < Double.POSITIVE_INFINITY) {
                return length;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new SpecException("kernel.length-scales must be positive numbers, one per column, not " + item);
    }

    /** Kernels to choose from. */
    int candidates() {
        return Math.max(1, bandwidths.size());
    }

    /** Whether the median distance has to be found. */
    boolean usesMedian() {
        return bandwidths.stream().anyMatch(BandwidthRule::ofMedian);
    }

    /** The kernel; the bandwidth counts where it has one. */
    Kernel kernel(double bandwidth) {
        Map<String, Double> values = new LinkedHashMap<>(parameters);
        if (!bandwidths.isEmpty()) {
            values.put(BANDWIDTH, bandwidth);
        }
        return Kernels.of(name, values);
    }
}
