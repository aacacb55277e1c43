package lowrank.weights;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.JsonFile;
import lowrank.io.checkpoint.StoredTensor;

/**
 * A LoRA adapter as PEFT stores it: a folder with {@code adapter_config.json} and {@code adapter_model.safetensors}.
 *
 * @param path of the folder
 * @param settings what it says of its base and of itself
 * @param modules that it adds to, in the order of their paths
 * @param whole tensors that it holds whole (biases, heads), by the names that they have in the model
 * @param notes what a user should know of it
 * @param files how many there are
 * @param listing what identifies the files
 */
public record Adapter(
        String path,
        AdapterFolder.Settings settings,
        List<AdapterModule> modules,
        Map<String, StoredTensor> whole,
        List<String> notes,
        int files,
        String listing) {
    /** The file that holds the tensors. */
    public static final String TENSORS = "adapter_model.safetensors";

    /** What PEFT puts before the names that tensors have in the model. */
    static final String PREFIX = "base_model.model.";

    private static final Pattern FACTOR =
            Pattern.compile("(.+)\\.(?:lora_([AB])(?:\\.[^.]+)?\\.weight|lora_embedding_([AB])(?:\\.[^.]+)?)");

    /** Parts of names that tell of adapters of other kinds, and what these are called. */
    private static final Map<String, String> REFUSED = Map.of(
            "lora_magnitude_vector", "DoRA",
            "hada_w", "LoHa",
            "lokr_w", "LoKr",
            "lora_A.bias", "a bias in the factors",
            "lora_B.bias", "a bias in the factors",
            "token_adapter", "trained rows of an embedding");

    public Adapter {
        modules = List.copyOf(modules);
        whole = Collections.unmodifiableMap(new LinkedHashMap<>(whole));
        notes = List.copyOf(notes);
    }

    /** Whether it says that matrices of its base are stored (in, out). */
    public boolean inOut() {
        return settings.inOut();
    }

    /**
     * Holds a weight to what may be done with tensors that are held whole: they take the place of those of the base once, or not.
     *
     * @throws DataException if there are such, and the weight is not 1
     */
    void requireAddable(double weight) {
        if (weight != 1 && !whole.isEmpty()) {
            throw new DataException(path + " holds " + whole.keySet().iterator().next()
                    + " whole, in place of that of the base, which cannot be done " + weight
                    + " times; give it the weight 1, or save it without (modules_to_save, bias)");
        }
    }

    /** Tensors of one module as they are found. */
    private static final class Found {
        private StoredTensor a;
        private StoredTensor b;
        private boolean embedding;
    }

    /**
     * Reads an adapter's settings and headers.
     *
     * @throws lowrank.io.MissingInputException if one of its files is not there
     * @throws DataException if it is of a kind that is not read, or its tensors are not what its settings ask for
     * @throws lowrank.io.CorruptFileException if a file is damaged
     */
    public static Adapter read(HadoopConf conf, String path) {
        JsonFile json = JsonFile.read(conf, path, PeftConfig.FILE);
        PeftConfig config = PeftConfig.of(json);
        if (!JsonFile.exists(conf, path, TENSORS) && JsonFile.exists(conf, path, "adapter_model.bin")) {
            throw new DataException(path + "/adapter_model.bin is a pickle file, which may run code when it is read;"
                    + " load it in PEFT and save_pretrained(..., safe_serialization=True)");
        }
        Checkpoint checkpoint = Checkpoint.open(conf, path + "/" + TENSORS);
        Map<String, Found> found = new LinkedHashMap<>();
        Map<String, StoredTensor> whole = new LinkedHashMap<>();
        checkpoint.tensors().stream()
                .sorted(Comparator.comparing(StoredTensor::name))
                .forEach(tensor -> place(tensor, found, whole));
        if (found.isEmpty()) {
            throw new DataException(checkpoint.path() + " holds no factors, which are named ...lora_A.weight");
        }
        List<AdapterModule> modules = new ArrayList<>();
        found.forEach((module, tensors) -> modules.add(module(checkpoint.path(), module, tensors, config)));
        modules.sort(Comparator.comparing(AdapterModule::path));
        List<String> notes = config.initialisation() == null
                ? List.of()
                : List.of(path + " began as " + config.initialisation()
                        + ", which changes the base with it: it adds to that base, not to the original, unless it was"
                        + " converted when it was saved");
        return new Adapter(
                path,
                config.settings(),
                modules,
                whole,
                notes,
                1 + checkpoint.files().size(),
                json.listing() + "\n" + checkpoint.listing());
    }

    private static void place(StoredTensor tensor, Map<String, Found> found, Map<String, StoredTensor> whole) {
        String name = tensor.name().startsWith(PREFIX) ? tensor.name().substring(PREFIX.length()) : tensor.name();
        REFUSED.forEach((part, called) -> {
            if (name.contains(part)) {
                throw new DataException(tensor.file().path() + ": " + tensor.name() + " belongs to an adapter with "
                        + called + ", which is not read; merge it in PEFT");
            }
        });
        Matcher factor = FACTOR.matcher(name);
        if (!factor.matches()) {
            String inModel =
                    name.replaceFirst("\\.modules_to_save(\\.default)?\\.", ".").replaceFirst("\\.base_layer\\.", ".");
            if (whole.put(inModel, tensor) != null) {
                throw twice(tensor);
            }
            return;
        }
        boolean embedding = factor.group(2) == null;
        boolean a = (embedding ? factor.group(3) : factor.group(2)).equals("A");
        Found of = found.computeIfAbsent(factor.group(1), module -> new Found());
        if ((a ? of.a : of.b) != null) {
            throw twice(tensor);
        }
        of.embedding |= embedding;
        if (a) {
            of.a = tensor;
        } else {
            of.b = tensor;
        }
    }

    private static DataException twice(StoredTensor tensor) {
        return new DataException(tensor.file().path() + " holds what " + tensor.name()
                + " is for twice; save each adapter to a folder of its own");
    }

    private static AdapterModule module(String file, String module, Found found, PeftConfig config) {
        if (found.a == null || found.b == null) {
            throw new DataException(file + " holds only one factor of " + module + "; save the adapter again");
        }
        int rank = config.rank(module);
        if (found.a.shape().size() < 2
                || found.b.shape().size() < 2
                || found.a.shape().get(0) != rank
                || found.b.count() != rank * found.b.shape().get(0)
                || !found.a.isWeight()
                || !found.b.isWeight()) {
            throw new DataException(file + ": the factors of " + module + " are " + found.b.shape() + " and "
                    + found.a.shape() + ", where " + PeftConfig.FILE + " says rank " + rank
                    + "; take both files from one save");
        }
        long words = found.a.count() / rank;
        long rows = found.b.shape().get(0);
        if (words > Integer.MAX_VALUE || rows > Integer.MAX_VALUE) {
            throw new DataException(file + ": the factors of " + module + " have more rows than an int counts");
        }
        return found.embedding
                ? new AdapterModule(
                        module,
                        AdapterModule.Kind.EMBEDDING,
                        found.a,
                        found.b,
                        (int) words,
                        (int) rows,
                        rank,
                        config.scale(module))
                : new AdapterModule(
                        module,
                        AdapterModule.Kind.LINEAR,
                        found.b,
                        found.a,
                        (int) rows,
                        (int) words,
                        rank,
                        config.scale(module));
    }
}
