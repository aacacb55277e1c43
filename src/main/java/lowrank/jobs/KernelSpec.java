package lowrank.jobs;

import java.util.List;
import lowrank.kernel.Gaussian;
import lowrank.kernel.Kernel;

/**
 * The section {@code kernel} of a spec, checked.
 *
 * @param bandwidths one, or several to choose from
 * @param lengthScales what each column is divided by; empty for ones
 */
record KernelSpec(String name, List<BandwidthRule> bandwidths, double[] lengthScales) {
    static KernelSpec of(Spec spec) {
        String name = spec.oneOf("kernel.name", "gaussian");
        return new KernelSpec(
                name,
                BandwidthRule.of(spec),
                spec.list("kernel.length-scales").stream()
                        .mapToDouble(KernelSpec::length)
                        .toArray());
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

    /** Refuses a feature map that is not of this kernel. */
    void requireMap(FeatureSpec.MapName map) {}

    /** The kernel with this bandwidth. */
    Kernel kernel(double bandwidth) {
        return new Gaussian(bandwidth);
    }
}
