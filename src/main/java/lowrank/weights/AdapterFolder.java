package lowrank.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import lowrank.io.checkpoint.SafetensorsWriter;
import lowrank.io.checkpoint.StoredTensor;

/**
 * Writes an adapter as PEFT reads it. Every module has alpha = rank, hence the scale 1; modules are named by their full paths.
 *
 * @param conf to write with
 * @param folder of the adapter
 */
public record AdapterFolder(HadoopConf conf, String folder) {
    /** PEFT's word for an adapter that holds no biases. */
    static final String NO_BIAS = "none";

    /**
     * The factors of a module.
     *
     * @param path of the module
     * @param kernel height and width of a convolution's kernel, or empty
     * @param part that holds them
     */
    public record Entry(String path, AdapterModule.Kind kind, int rank, List<Long> kernel, AdapterPart part) {
        public Entry {
            kernel = List.copyOf(kernel);
        }

        /** Of a matrix of a checkpoint. */
        public static Entry of(Weight weight, AdapterModule.Kind kind, int rank, AdapterPart part) {
            List<Long> shape = weight.tensor().shape();
            return new Entry(weight.module(), kind, rank, shape.subList(2, shape.size()), part);
        }
    }

    /**
     * What the settings say besides.
     *
     * @param base the name of the model that the adapter adds to, or null
     * @param task PEFT's name of what the model is for, such as {@code FEATURE_EXTRACTION}, or null
     * @param inOut whether matrices of the base are stored (in, out) in PyTorch too, as GPT-2's are
     * @param bias PEFT's word for the biases that the adapter holds
     * @param saved modules that the adapter holds whole
     */
    public record Settings(String base, String task, boolean inOut, String bias, List<String> saved) {
        public Settings {
            saved = List.copyOf(saved);
        }

        /** Of an adapter that holds factors alone. */
        public Settings(String base, String task, boolean inOut) {
            this(base, task, inOut, NO_BIAS, List.of());
        }
    }

    /**
     * Writes the tensors; returns the length and the digest of the file.
     *
     * @param whole tensors of other adapters, which are copied with their names
     * @param stored type of the factors, which the parts hold already
     */
    public SafetensorsWriter.Written writeTensors(
            List<Entry> entries, Collection<StoredTensor> whole, ElementType stored) {
        Map<String, StoredTensor> parts = new HashMap<>();
        List<SafetensorsWriter.Entry> declared = new ArrayList<>();
        for (StoredTensor tensor : whole) {
            String name = tensor.name().startsWith(Adapter.PREFIX) ? tensor.name() : Adapter.PREFIX + tensor.name();
            declared.add(new SafetensorsWriter.Entry(name, tensor.type(), tensor.shape()));
            parts.put(name, tensor);
        }
        for (Entry entry : ordered(entries)) {
            List<StoredTensor> tensors = entry.part.tensors(conf);
            boolean table = entry.kind == AdapterModule.Kind.EMBEDDING;
            StoredTensor a = tensors.get(table ? 0 : 1);
            StoredTensor b = tensors.get(table ? 1 : 0);
            String prefix = Adapter.PREFIX + entry.path;
            String ofA = prefix + (table ? ".lora_embedding_A" : ".lora_A.weight");
            String ofB = prefix + (table ? ".lora_embedding_B" : ".lora_B.weight");
            declared.add(new SafetensorsWriter.Entry(ofA, stored, table ? a.shape() : inner(entry, a.shape())));
            declared.add(new SafetensorsWriter.Entry(ofB, stored, table ? b.shape() : outer(entry, b.shape())));
            parts.put(ofA, a);
            parts.put(ofB, b);
        }
        String path = folder + "/" + Adapter.TENSORS;
        try (SafetensorsWriter file = SafetensorsWriter.create(conf, path, Map.of("format", "pt"), declared)) {
            for (SafetensorsWriter.Entry entry : file.order()) {
                file.begin(entry.name());
                file.copy(parts.get(entry.name()));
            }
            return file.finish();
        }
    }

    private static List<Entry> ordered(List<Entry> entries) {
        return entries.stream().sorted(Comparator.comparing(Entry::path)).toList();
    }

    /** A convolution's inner factor is a convolution to {@code rank} channels. */
    private static List<Long> inner(Entry entry, List<Long> shape) {
        if (entry.kernel.isEmpty()) {
            return shape;
        }
        long size = entry.kernel.stream().reduce(1L, (x, y) -> x * y);
        List<Long> unfolded = new ArrayList<>(List.of(shape.get(0), shape.get(1) / size));
        unfolded.addAll(entry.kernel);
        return unfolded;
    }

    /** Its outer factor is one of a single point. */
    private static List<Long> outer(Entry entry, List<Long> shape) {
        List<Long> unfolded = new ArrayList<>(shape);
        entry.kernel.forEach(size -> unfolded.add(1L));
        return unfolded;
    }

    /**
     * The text of {@code adapter_config.json}.
     *
     * @throws IllegalStateException if PEFT's rule would give a module another rank than its own
     */
    public static String settings(List<Entry> entries, Settings settings) {
        List<Entry> ordered = ordered(entries);
        int largest = ordered.stream().mapToInt(Entry::rank).max().orElseThrow();
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        root.put("peft_type", "LORA");
        root.put("task_type", settings.task);
        root.put("base_model_name_or_path", settings.base);
        root.put("inference_mode", true);
        root.put("r", largest);
        root.put("lora_alpha", largest);
        root.put("lora_dropout", 0.0);
        root.put("bias", settings.bias);
        root.put("fan_in_fan_out", settings.inOut);
        root.put("use_rslora", false);
        root.put("use_dora", false);
        root.put("init_lora_weights", true);
        if (settings.saved.isEmpty()) {
            root.putNull("modules_to_save");
        }
        settings.saved.forEach(module -> root.withArray("modules_to_save").add(module));
        ordered.forEach(entry -> root.withArray("target_modules").add(entry.path));
        ObjectNode ranks = root.putObject("rank_pattern");
        ObjectNode alphas = root.putObject("alpha_pattern");
        if (ordered.stream().anyMatch(entry -> entry.rank != largest)) {
            Map<String, String> keys =
                    PeftPatterns.keys(ordered.stream().map(Entry::path).toList());
            Map<String, Integer> own = new HashMap<>();
            ordered.forEach(entry -> own.put(entry.path, entry.rank));
            keys.forEach((module, key) -> {
                ranks.put(key, own.get(module));
                alphas.put(key, own.get(module));
            });
        }
        return text(mapper, root);
    }

    private static String text(ObjectMapper mapper, ObjectNode root) {
        DefaultIndenter lines = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter().withObjectIndenter(lines).withArrayIndenter(lines);
        try {
            return mapper.writer(printer).writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Reads what was written, and holds every module to the rank and the scale that it was written with.
     *
     * @throws IllegalStateException if one is not what it should be
     */
    public Adapter confirmed(List<Entry> entries) {
        Adapter adapter = Adapter.read(conf, folder);
        List<Entry> ordered = ordered(entries);
        boolean right = adapter.modules().size() == ordered.size();
        for (int i = 0; right && i < ordered.size(); i++) {
            AdapterModule module = adapter.modules().get(i);
            right = module.path().equals(ordered.get(i).path)
                    && module.rank() == ordered.get(i).rank
                    && module.scale() == 1;
        }
        if (!right) {
            throw new IllegalStateException(folder + " does not hold the modules that were written to it");
        }
        return adapter;
    }
}
