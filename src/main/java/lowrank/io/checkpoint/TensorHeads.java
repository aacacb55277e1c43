package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.io.AttentionTable;
import lowrank.io.Group;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.io.KeyCodes;
import lowrank.io.KeyColumn;
import lowrank.io.MissingInputException;

/**
 * Queries, keys and values as tensors [.., positions, width]: dimensions before the positions tell groups apart, by keys from 0.
 *
 * @param names of the tensors of q, k, v and, where there is one, the mask
 * @param tensors the same
 * @param keys names of the leading dimensions
 */
public record TensorHeads(
        HadoopConf conf, Checkpoint checkpoint, List<String> names, List<StoredTensor> tensors, List<String> keys) {
    private static final int MASK = 3;
    private static final int NAMED = 10;

    /**
     * Finds the tensors.
     *
     * @param keys names of the leading dimensions; empty for head, or sequence and head
     * @throws DataException when one is missing, or their shapes do not fit
     * @throws MissingInputException when there are no positions
     * @throws IllegalArgumentException when there are more or fewer keys than dimensions
     */
    public static TensorHeads of(HadoopConf conf, Checkpoint checkpoint, List<String> names, List<String> keys) {
        List<StoredTensor> tensors =
                names.stream().map(name -> tensor(checkpoint, name)).toList();
        StoredTensor q = tensors.get(0);
        for (StoredTensor tensor : tensors.subList(0, MASK)) {
            if (!tensor.isWeight() || tensor.shape().size() < 2) {
                throw new DataException(shape(checkpoint, tensor) + "; queries, keys and values are tensors of"
                        + " floating-point numbers with shape [.., positions, width]");
            }
            if (tensor.shape().get(tensor.shape().size() - 1) > InputTable.MOST_COLS) {
                throw new DataException(
                        shape(checkpoint, tensor) + "; no vector is wider than " + InputTable.MOST_COLS);
            }
        }
        requireSame(checkpoint, q, tensors.get(1), q.shape().size());
        requireSame(checkpoint, q, tensors.get(2), q.shape().size() - 1);
        if (tensors.stream().anyMatch(tensor -> tensor.count() == 0)) {
            throw new MissingInputException(shape(checkpoint, q) + ": the input has no rows");
        }
        int leading = q.shape().size() - 2;
        if (tensors.size() > MASK) {
            requireMask(checkpoint, q, tensors.get(MASK));
        }
        List<String> dimensions = keys.isEmpty() ? defaults(leading) : keys;
        if (dimensions.size() != leading) {
            throw new IllegalArgumentException(shape(checkpoint, q) + ", which has " + leading
                    + " dimensions before positions and width; name each of them by read.keys");
        }
        return new TensorHeads(conf, checkpoint, List.copyOf(names), tensors, List.copyOf(dimensions));
    }

    private static List<String> defaults(int leading) {
        return switch (leading) {
            case 1 -> List.of("head");
            case 2 -> List.of("sequence", "head");
            default -> List.of();
        };
    }

    private static StoredTensor tensor(Checkpoint checkpoint, String name) {
        return checkpoint.tensors().stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new DataException(checkpoint.path() + " has no tensor " + name + "; it has "
                        + checkpoint.tensors().stream()
                                .limit(NAMED)
                                .map(StoredTensor::name)
                                .collect(Collectors.joining(", "))
                        + (checkpoint.tensors().size() > NAMED ? ", .." : "")));
    }

    private static String shape(Checkpoint checkpoint, StoredTensor tensor) {
        return checkpoint.path() + ": " + tensor.name() + " has shape " + tensor.shape() + " of " + tensor.type();
    }

    private static void requireSame(Checkpoint checkpoint, StoredTensor q, StoredTensor other, int axes) {
        boolean same = other.shape().size() == q.shape().size()
                && other.shape().subList(0, axes).equals(q.shape().subList(0, axes));
        if (!same) {
            throw new DataException(shape(checkpoint, other) + ", but " + q.name() + " has " + q.shape()
                    + "; queries and keys must have the same shape, values the same but for the width");
        }
    }

    /** The leading dimensions of a mask are some of the first of the queries'; its last is that of the positions. */
    private static void requireMask(Checkpoint checkpoint, StoredTensor q, StoredTensor mask) {
        List<Long> shape = mask.shape();
        int last = shape.size() - 1;
        int leading = q.shape().size() - 2;
        boolean fits = last >= 0
                && last <= leading
                && shape.get(last).equals(q.shape().get(leading))
                && shape.subList(0, last).equals(q.shape().subList(0, last));
        if (!fits) {
            throw new DataException(shape(checkpoint, mask) + ", but " + q.name() + " has " + q.shape()
                    + "; a mask has the shape of the queries without the width, and may lack the last dimensions before the"
                    + " positions");
        }
    }

    private long positions() {
        List<Long> shape = tensors.get(0).shape();
        return shape.get(shape.size() - 2);
    }

    /** q, k, v and the mask as tables of the same rows. */
    public List<InputTable> tables() {
        List<InputTable> tables = new ArrayList<>();
        StoredTensor q = tensors.get(0);
        long lines = q.count() / q.shape().get(q.shape().size() - 1) / positions();
        for (int t = 0; t < tensors.size(); t++) {
            StoredTensor tensor = tensors.get(t);
            int width = t == MASK
                    ? 1
                    : Math.toIntExact(tensor.shape().get(tensor.shape().size() - 1));
            long times = t == MASK ? lines / (tensor.count() / positions()) : 1;
            tables.add(new TensorTable(conf, tensor, width, positions(), times, checkpoint.listing()));
        }
        return tables;
    }

    /**
     * The table: groups lie in the order of their keys. Of a mask all numbers are read.
     *
     * @throws DataException when the mask hides a whole group, naming it
     */
    public AttentionTable table() {
        List<KeyColumn> columns = new ArrayList<>();
        List<Long> shape = tensors.get(0).shape();
        int count = 1;
        for (int axis = 0; axis < keys.size(); axis++) {
            int size = Math.toIntExact(shape.get(axis));
            count = Math.multiplyExact(count, size);
            double[] numbers = IntStream.range(0, size).asDoubleStream().toArray();
            columns.add(new KeyColumn(keys.get(axis), Classes.ofNumbers(Classes.Type.INT, numbers)));
        }
        KeyCodes codes = new KeyCodes(columns);
        List<Group> groups = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            groups.add(new Group(index, codes.codes(index), index * positions(), positions(), 0));
        }
        List<InputTable> tables = tables();
        if (tables.size() > MASK) {
            long hidden = hiddenLine(tensors.get(MASK));
            if (hidden >= 0) {
                long times = ((TensorTable) tables.get(MASK)).times();
                throw AttentionTable.hidden(groups.get(Math.toIntExact(hidden * times)), columns);
            }
        }
        return new AttentionTable(columns, groups, tables, names, null);
    }

    /** The first line of a mask that is all zeros, or -1. */
    private long hiddenLine(StoredTensor mask) {
        try (TensorReader reader = TensorReader.open(conf, mask)) {
            for (long line = 0; line < mask.count() / positions(); line++) {
                boolean[] shown = new boolean[1];
                reader.visit(line * positions(), positions(), (first, tile, count) -> {
                    for (int i = 0; i < count; i++) {
                        shown[0] |= tile[i] != 0;
                    }
                });
                if (!shown[0]) {
                    return line;
                }
            }
            return -1;
        }
    }
}
