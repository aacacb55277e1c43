package lowrank.jobs;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import lowrank.blas.Precision;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import lowrank.io.checkpoint.SafetensorsWriter;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.weights.Adapter;
import lowrank.weights.AdapterFolder;
import lowrank.weights.AdapterModule;

/**
 * The adapter of a result.
 *
 * @param stored type of its factors
 */
record AdapterOutput(HadoopConf conf, OutputFolder out, Precision stored) {
    private static final String ADAPTER = "adapter";

    /**
     * Writes the adapter and reads it back as PEFT would.
     *
     * @param whole tensors that are copied into it
     * @param factors of the manifest, which it is entered in
     * @return its modules by their paths
     */
    Map<String, AdapterModule> write(
            List<AdapterFolder.Entry> entries,
            Collection<StoredTensor> whole,
            AdapterFolder.Settings settings,
            Map<String, Manifest.Factor> factors) {
        AdapterFolder folder = new AdapterFolder(conf, out.place(ADAPTER));
        ElementType type = stored == Precision.FLOAT ? ElementType.F32 : ElementType.F64;
        SafetensorsWriter.Written tensors = folder.writeTensors(entries, whole, type);
        out.write(ADAPTER + "/adapter_config.json", AdapterFolder.settings(entries, settings));
        Adapter adapter = folder.confirmed(entries);
        int widest = entries.stream().mapToInt(AdapterFolder.Entry::rank).max().orElse(0);
        factors.put(ADAPTER, factor(entries.size(), widest, ADAPTER + "/" + Adapter.TENSORS, tensors));
        return adapter.modules().stream().collect(Collectors.toMap(AdapterModule::path, Function.identity()));
    }

    /** A file as it stands in the manifest. */
    Manifest.Factor factor(int rows, int width, String path, SafetensorsWriter.Written file) {
        return new Manifest.Factor(
                rows,
                width,
                stored.name().toLowerCase(Locale.ROOT),
                file.sha256(),
                List.of(new Manifest.Part(path, rows, file.bytes())));
    }
}
