package lowrank.jobs;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One item of {@code kernel.bandwidth}: a number, or a multiple of the median distance.
 *
 * @param value the number, or what the median is multiplied with
 */
record BandwidthRule(double value, boolean ofMedian) {
    private static final Pattern ITEM = Pattern.compile("(?:([^*]+)\\*\\s*)?median|([^*]+)");

    /** The items of the key: {@code median}, {@code 0.5 * median}, {@code 12}. */
    static List<BandwidthRule> of(Spec spec) {
        List<String> items = spec.list("kernel.bandwidth");
        if (items.isEmpty()) {
            throw new SpecException("kernel.bandwidth must be median, a number, or a list of these");
        }
        return items.stream().map(item -> parse(item.strip())).toList();
    }

    private static BandwidthRule parse(String item) {
        Matcher matcher = ITEM.matcher(item);
        if (matcher.matches()) {
            boolean median = item.endsWith("median");
            String number = median ? matcher.group(1) : matcher.group(2);
            try {
                double value = number == null ? 1 : Double.parseDouble(number.strip());
                if (value > 0 && value < Double.POSITIVE_INFINITY) {
                    return new BandwidthRule(value, median);
                }
            } catch (NumberFormatException e) {
                // Said below.
            }
        }
        throw new SpecException(
                "kernel.bandwidth must be median, a positive number, a multiple as 0.5 * median, or a list of these, not "
                        + item);
    }

    /** The bandwidth, once the median is known. */
    double value(double median) {
        return ofMedian ? value * median : value;
    }
}
