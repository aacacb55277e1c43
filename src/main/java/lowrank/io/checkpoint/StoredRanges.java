package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Where values of tensors lie. */
final class StoredRanges {
    private StoredRanges() {}

    /**
     * Refuses values that lie in one another: a file of megabytes could claim to hold terabytes, and what is written to one tensor would
     * change another.
     */
    static void refuseOverlaps(List<StoredTensor> tensors) {
        List<StoredTensor> sorted = new ArrayList<>(tensors);
        sorted.removeIf(tensor -> tensor.bytes() == 0);
        sorted.sort(Comparator.comparing((StoredTensor tensor) -> tensor.file().path())
                .thenComparingLong(StoredTensor::offset));
        for (int i = 1; i < sorted.size(); i++) {
            StoredTensor before = sorted.get(i - 1);
            StoredTensor tensor = sorted.get(i);
            if (before.file().path().equals(tensor.file().path())
                    && before.offset() + before.bytes() > tensor.offset()) {
                throw tensor.file()
                        .corrupt("has values of tensor " + tensor.name() + " inside those of " + before.name(), null);
            }
        }
    }
}
