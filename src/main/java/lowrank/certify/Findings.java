package lowrank.certify;

import java.util.List;

/**
 * What is known of the error of a result that is no factorisation of its rows, such as a kernel's features or a regression.
 *
 * @param measures in the order in which they are shown
 * @param demands what the spec required, and whether it holds
 * @param notes what a user should know
 */
public record Findings(List<Measure> measures, List<Demand> demands, List<String> notes) {

    /** The demands that do not hold. */
    public List<Demand> failed() {
        return demands.stream().filter(d -> !d.met()).toList();
    }
}
