package lowrank.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;

/** Which tensors of a base adapters change, each once. */
public final class MergeTargets {
    private MergeTargets() {}

    /**
     * Finds them.
     *
     * @param adapters to add
     * @param weights how often each is added
     * @param sideFile tensors that take the place of those of the base, or null
     * @param rule says which matrices the base stores (in, out); without a pattern the settings of each adapter do
     * @throws DataException if a module or a tensor of the side-file has no place in the base, or another shape there
     */
    public static List<Merging.Target> of(
            Checkpoint base, List<Adapter> adapters, List<Double> weights, Checkpoint sideFile, Selection.Rule rule) {
        Map<String, StoredTensor> byModule = new LinkedHashMap<>();
        Map<String, StoredTensor> byName = new LinkedHashMap<>();
        for (StoredTensor tensor : base.tensors()) {
            byModule.putIfAbsent(module(tensor.name()), tensor);
            byName.put(tensor.name(), tensor);
        }
        Map<String, Merging.Target> targets = new LinkedHashMap<>();
        for (int a = 0; a < adapters.size(); a++) {
            Adapter adapter = adapters.get(a);
            adapter.requireAddable(weights.get(a));
            for (AdapterModule module : adapter.modules()) {
                StoredTensor tensor = byName.getOrDefault(module.path() + ".weight", byModule.get(module.path()));
                if (tensor == null) {
                    throw new DataException(adapter.path() + " adds to " + module.path() + ", which " + base.path()
                            + " does not have; name the base that the adapter was made for");
                }
                Weight weight = weight(tensor, adapter, module, rule, base);
                targets.computeIfAbsent(tensor.name(), name -> new Merging.Target(tensor, weight, List.of(), null))
                        .parts()
                        .add(new Merging.Part(module, weights.get(a) * module.scale()));
            }
            adapter.whole().forEach((name, tensor) -> replace(targets, byName, name, tensor, adapter.path(), base));
        }
        if (sideFile != null) {
            sideFile.tensors()
                    .forEach(tensor -> replace(targets, byName, tensor.name(), tensor, sideFile.path(), base));
        }
        return List.copyOf(targets.values());
    }

    private static String module(String name) {
        return name.endsWith(".weight") ? name.substring(0, name.length() - ".weight".length()) : name;
    }

    private static Weight weight(
            StoredTensor tensor, Adapter adapter, AdapterModule module, Selection.Rule rule, Checkpoint base) {
        boolean unknown = tensor.role() == StoredTensor.Role.UNKNOWN;
        int dimensions = tensor.shape().size();
        Weight weight = null;
        if (tensor.isWeight() && (dimensions == 2 || dimensions == 4) && tensor.count() > 0) {
            // One word of an adapter's settings stands for all of its modules; patterns tell a mixed base apart.
            boolean settled =
                    unknown && adapter.inOut() && rule.inOut().isEmpty() && module.kind() == AdapterModule.Kind.LINEAR;
            Weight.View view = dimensions == 4
                    ? Weight.View.UNFOLDED_OUT
                    : settled ? Weight.View.IN_OUT : Selection.view(tensor, rule);
            weight = Weight.of(tensor, view);
        }
        if (weight == null || weight.out() != module.out() || weight.in() != module.in()) {
            throw new DataException(
                    module.path() + " is " + tensor.shape() + " in " + base.path() + ", and " + adapter.path()
                            + " adds a matrix of " + module.out() + " x " + module.in()
                            + " to it; name the base that the adapter was made for");
        }
        return weight;
    }

    private static void replace(
            Map<String, Merging.Target> targets,
            Map<String, StoredTensor> byName,
            String name,
            StoredTensor whole,
            String path,
            Checkpoint base) {
        StoredTensor tensor = byName.get(name);
        if (tensor == null || !SideFile.shape(tensor).equals(whole.shape())) {
            throw new DataException(
                    path + " holds " + name + " of the shape " + whole.shape() + ", which " + base.path()
                            + (tensor == null ? " does not have" : " has with the shape " + tensor.shape())
                            + ": it cannot take a place in a copy of that file");
        }
        Merging.Target there = targets.put(name, new Merging.Target(tensor, null, List.of(), whole));
        if (there != null) {
            throw new DataException(name + " is changed twice: " + path + " holds it whole, and "
                    + (there.whole() == null
                            ? "an adapter adds to it"
                            : there.whole().file().path() + " does too"));
        }
    }

    /** The files of the base, each with what changes in it; those in which nothing changes are copied too. */
    public static List<Merging.Task> tasks(Checkpoint base, List<Merging.Target> targets) {
        List<Merging.Task> tasks = new ArrayList<>();
        base.files()
                .forEach(file -> tasks.add(new Merging.Task(
                        file,
                        targets.stream()
                                .filter(target -> target.tensor().file().equals(file))
                                .toList())));
        return tasks;
    }
}
