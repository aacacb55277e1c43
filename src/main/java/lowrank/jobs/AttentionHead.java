package lowrank.jobs;

import java.io.Serializable;
import java.util.List;
import lowrank.attention.AttentionError;
import lowrank.certify.Measure;
import lowrank.io.Group;

/**
 * What was done with a group, and how far its outputs are from exact ones.
 *
 * @param rank of the approximation; 0 of exact attention
 * @param error null of exact attention
 * @param measures what was found on the way
 */
record AttentionHead(Group group, String method, int rank, AttentionError error, List<Measure> measures)
        implements Serializable {

    /** Whether it is worse than the mean of all values. */
    boolean worseThanUniform() {
        return error != null && error.worseThanUniform();
    }

    /** The upper end of the error, by which demands are decided; 0 of exact attention. */
    double upper() {
        return error == null ? 0 : error.upper();
    }

    double relative() {
        return error == null ? 0 : error.relative();
    }

    /** A number that was found on the way, or NaN. */
    double measure(String name) {
        return measures.stream()
                .filter(measure -> measure.name().equals(name))
                .mapToDouble(Measure::value)
                .findFirst()
                .orElse(Double.NaN);
    }
}
