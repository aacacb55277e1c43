package lowrank.weights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import lowrank.io.checkpoint.PatchedCopy;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;

/**
 * Adapters in a model: W' = W + sum_i times_i outFactor_i inFactor_i^T in double, rounded once to the type that the model stores; a file in
 * one task, everything else in it copied byte for byte.
 *
 * @param folder for files; an attempt that is repeated leaves another file
 */
public record Merging(HadoopConf conf, String folder) implements Serializable {

    /** A module of an adapter, and how often it is added, its scale included. */
    public record Part(AdapterModule module, double times) implements Serializable {}

    /**
     * A tensor whose values change.
     *
     * @param weight the tensor as a matrix; null where it is replaced as a whole
     * @param parts what is added to it
     * @param whole what takes its place instead, in PyTorch's order, or null
     */
    public record Target(StoredTensor tensor, Weight weight, List<Part> parts, StoredTensor whole)
            implements Serializable {
        public Target {
            parts = new ArrayList<>(parts);
        }

        /** Bytes off the heap. */
        public long bytes() {
            long factors = parts.stream()
                    .mapToLong(part -> part.module().count())
                    .max()
                    .orElse(0);
            return 8 * (2 * tensor.count() + factors);
        }

        /** Flops, reading and writing counted. */
        public double flops(double reading) {
            int rank = parts.stream().mapToInt(part -> part.module().rank()).sum();
            return (2 * reading + 2.0 * rank) * tensor.count();
        }
    }

    /** A file to write. */
    public record Task(StoredFile file, List<Target> targets) implements Serializable {
        public Task {
            targets = new ArrayList<>(targets);
        }
    }

    /**
     * What a tensor became.
     *
     * @param rank of what was added, all parts together
     * @param norm ||W||_F
     * @param delta ||W' - W||_F before rounding
     * @param rounding ||fl(W') - W'||_F
     * @param ulps the largest |fl(w') - w'|, in units of the last place of what is stored
     */
    public record Merged(
            String name, int out, int in, int rank, double norm, double delta, double rounding, double ulps)
            implements Serializable {}

    /** A file that was written. */
    public record Result(String path, long bytes, String sha256, List<Merged> merged) implements Serializable {}

    /** Writes one file. */
    public Result run(Task task, Arena arena) {
        String name = task.file().path().substring(task.file().path().lastIndexOf('/') + 1);
        String path = folder + "/" + UUID.randomUUID() + "/" + name;
        NewValues values = new NewValues(conf, task.targets(), arena);
        List<StoredTensor> replaced =
                task.targets().stream().map(Target::tensor).toList();
        PatchedCopy.Written written = PatchedCopy.file(conf, task.file(), replaced, values, path);
        return new Result(path, written.bytes(), written.sha256(), values.merged());
    }

    /** The new values of one tensor after the other. */
    private static final class NewValues implements PatchedCopy.Values {
        private final HadoopConf conf;
        private final Map<String, Target> targets = new HashMap<>();
        private final Arena arena;
        private final List<Merged> merged = new ArrayList<>();
        private final double[] stored = new double[OffHeap.TILE];

        /** W', out x in, and whether the file holds its transpose. */
        private Slab values;

        private boolean turned;
        private double norm;
        private double delta;
        private double squares;
        private double ulps;

        NewValues(HadoopConf conf, List<Target> targets, Arena arena) {
            this.conf = conf;
            this.arena = arena;
            targets.forEach(target -> this.targets.put(target.tensor().name(), target));
        }

        @Override
        public void fill(StoredTensor tensor, long first, double[] tile, int count) {
            Target target = targets.get(tensor.name());
            if (first == 0) {
                begin(target);
            }
            if (turned) {
                for (int i = 0; i < count; i++) {
                    long at = first + i;
                    tile[i] = OffHeap.getDouble(values.row((int) (at % values.rows())) + 8 * (at / values.rows()));
                }
            } else {
                OffHeap.get(values.address() + 8 * first, tile, 0, count);
            }
            measure(tensor, tile, count);
            if (first + count == tensor.count()) {
                end(target);
            }
        }

        private void begin(Target target) {
            squares = 0;
            ulps = 0;
            if (target.whole() != null) {
                whole(target);
                return;
            }
            Weight weight = target.weight();
            turned = weight.view() == Weight.View.IN_OUT;
            values = weight.load(conf, arena);
            norm = FactorPair.norm(values.address(), values.count());
            long change = arena.doubles(values.count());
            OffHeap.zero(change, values.bytes());
            for (Part part : target.parts()) {
                FactorPair factors = part.module().load(conf, arena);
                factors.add(part.times(), change);
                arena.free(factors.outFactor().address());
                arena.free(factors.inFactor().address());
            }
            delta = FactorPair.norm(change, values.count());
            double[] w = new double[OffHeap.TILE];
            double[] d = new double[OffHeap.TILE];
            for (long from = 0; from < values.count(); from += OffHeap.TILE) {
                int some = (int) Math.min(OffHeap.TILE, values.count() - from);
                OffHeap.get(values.address() + 8 * from, w, 0, some);
                OffHeap.get(change + 8 * from, d, 0, some);
                for (int i = 0; i < some; i++) {
                    w[i] += d[i];
                }
                OffHeap.put(values.address() + 8 * from, w, 0, some);
            }
            arena.free(change);
        }

        /** A tensor of the side-file: there matrices are (out, in). */
        private void whole(Target target) {
            turned = SideFile.isTurned(target.tensor());
            long count = target.tensor().count();
            int rows = turned ? Math.toIntExact(target.tensor().shape().get(1)) : 1;
            long width = count / rows;
            values = new Slab(arena.doubles(count), rows, turned ? Math.toIntExact(width) : 1, Precision.DOUBLE);
            try (TensorReader reader = TensorReader.open(conf, target.whole())) {
                reader.read(0, count, values.address());
            }
            norm = Double.NaN;
            delta = Double.NaN;
        }

        private void measure(StoredTensor tensor, double[] tile, int count) {
            tensor.type().rounded(tile, count, stored);
            double unit = 2 * tensor.type().roundoff();
            double part = 0;
            for (int i = 0; i < count; i++) {
                double off = Math.abs(stored[i] - tile[i]);
                part += off * off;
                double place = unit * StorageNoise.binade(stored[i]);
                ulps = off > 0 && place > 0 ? Math.max(ulps, off / place) : ulps;
            }
            squares += part;
        }

        private void end(Target target) {
            arena.free(values.address());
            if (target.whole() == null) {
                Weight weight = target.weight();
                int rank = target.parts().stream()
                        .mapToInt(part -> part.module().rank())
                        .sum();
                merged.add(new Merged(
                        weight.name(), weight.out(), weight.in(), rank, norm, delta, Math.sqrt(squares), ulps));
            }
        }

        List<Merged> merged() {
            return merged;
        }
    }
}
