package lowrank.blocks;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What the first pass learns about its input on the way: what cannot be factored, how large it is, and a CRC32C per block by
 * which later passes, a resumed run and {@code verify} know that they see the same values.
 *
 * @param maxAbs largest magnitude of any finite value
 * @param crcs CRC32C of the values of each block, in order, one column after the other
 */
public record Facts(Offenders offenders, double maxAbs, int[] crcs) implements Serializable {

    /** These, then those of the next leaves. */
    Facts then(Facts next) {
        int[] both = Arrays.copyOf(crcs, crcs.length + next.crcs.length);
        System.arraycopy(next.crcs, 0, both, crcs.length, next.crcs.length);
        return new Facts(offenders.then(next.offenders), Math.max(maxAbs, next.maxAbs), both);
    }
}
