package lowrank.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import lowrank.io.checkpoint.SafetensorsWriter;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;
import lowrank.store.FactorsSource;

/**
 * The factors of many matrices once more as one safetensors file: {@code NAME.out_factor} (out x rank) and {@code NAME.in_factor} (in x rank) with
 * W ~ out_factor in_factor^T, the rows that the Parquet tables hold. Matrices that stay as they are are not in it.
 *
 * <p>Its metadata say which checkpoint the matrices are of ({@code source}), the product in words, and as JSON by name the {@code ranks} and
 * how each W lies in its checkpoint: the stored {@code shapes}, and {@code views} (out_in; in_out: the stored one is W^T; unfolded_out: out x
 * the rest).
 */
public final class FactorTensors {
    /** Where the file is in a result. */
    public static final String FILE = "safetensors/factors.safetensors";

    private static final String OUT = ".out_factor";
    private static final String IN = ".in_factor";

    private FactorTensors() {}

    /**
     * A matrix that has factors.
     *
     * @param part that holds them
     */
    public record Factored(Weight weight, int rank, FactorsSource part) {}

    /** Writes the file, a few rows at a time; returns its length and digest. */
    public static SafetensorsWriter.Written write(
            HadoopConf conf, String path, String source, List<Factored> matrices, Precision stored) {
        ElementType type = stored == Precision.FLOAT ? ElementType.F32 : ElementType.F64;
        Map<String, Factored> named = new HashMap<>();
        List<SafetensorsWriter.Entry> entries = new ArrayList<>();
        for (Factored one : matrices) {
            String name = one.weight.name();
            named.put(name + OUT, one);
            named.put(name + IN, one);
            entries.add(
                    new SafetensorsWriter.Entry(name + OUT, type, List.of((long) one.weight.out(), (long) one.rank)));
            entries.add(new SafetensorsWriter.Entry(name + IN, type, List.of((long) one.weight.in(), (long) one.rank)));
        }
        try (SafetensorsWriter file = SafetensorsWriter.create(conf, path, metadata(source, matrices), entries)) {
            for (SafetensorsWriter.Entry entry : file.order()) {
                Factored one = named.get(entry.name());
                boolean out = entry.name().endsWith(OUT);
                file.begin(entry.name());
                one.part.visit(
                        out ? 0 : one.weight.out(), out ? one.weight.out() : one.weight.in(), one.rank, file::values);
            }
            return file.finish();
        }
    }

    private static Map<String, String> metadata(String source, List<Factored> matrices) {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode ranks = mapper.createObjectNode();
        ObjectNode shapes = mapper.createObjectNode();
        ObjectNode views = mapper.createObjectNode();
        for (Factored one : matrices) {
            String name = one.weight.name();
            ranks.put(name, one.rank);
            one.weight.tensor().shape().forEach(shapes.putArray(name)::add);
            views.put(name, one.weight.view().name().toLowerCase(Locale.ROOT));
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "pt");
        metadata.put("source", source);
        metadata.put("product", "W ~ out_factor in_factor^T");
        metadata.put("ranks", ranks.toString());
        metadata.put("shapes", shapes.toString());
        metadata.put("views", views.toString());
        return metadata;
    }

    /**
     * The factors of a matrix in such a file.
     *
     * @param tensors of the file by name
     * @return null where one of the two is not there
     */
    public static Pair find(Map<String, StoredTensor> tensors, String name) {
        StoredTensor out = tensors.get(name + OUT);
        StoredTensor in = tensors.get(name + IN);
        return out == null || in == null ? null : new Pair(out, in);
    }

    /** Both factors of a matrix. */
    public record Pair(StoredTensor out, StoredTensor in) implements Serializable {
        /** Whether these are the factors, number by number. */
        boolean holds(HadoopConf conf, FactorPair factors) {
            return same(conf, out, factors.outFactor()) && same(conf, in, factors.inFactor());
        }

        private static boolean same(HadoopConf conf, StoredTensor tensor, Slab factor) {
            if (!tensor.shape().equals(List.of((long) factor.rows(), (long) factor.width()))) {
                return false;
            }
            boolean[] same = {true};
            double[] other = new double[OffHeap.TILE];
            try (TensorReader reader = TensorReader.open(conf, tensor)) {
                reader.visit(0, factor.count(), (first, tile, count) -> {
                    OffHeap.get(factor.address() + 8 * first, other, 0, count);
                    for (int i = 0; i < count; i++) {
                        same[0] &= tile[i] == other[i];
                    }
                });
            }
            return same[0];
        }
    }
}
