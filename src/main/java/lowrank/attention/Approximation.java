package lowrank.attention;

import java.util.List;
import lowrank.certify.Measure;

/**
 * An approximation of one head, ready to make outputs.
 *
 * @param method in words of {@code attention.method}
 * @param rank of the attention matrix that it stands for: features, landmarks; 0 for exact attention
 * @param measures what was found on the way, such as a condition number
 */
public record Approximation(String method, int rank, Outputs outputs, List<Measure> measures) {}
