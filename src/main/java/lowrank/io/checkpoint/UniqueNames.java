package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lowrank.io.StoredFile;

/** Names of tensors in their model, where a format stores them under other names. */
final class UniqueNames {
    private UniqueNames() {}

    /**
     * The name found for each tensor, where no other tensor has it or is stored under it; else the name it is stored under.
     *
     * @param stored may hold a name more than once, as branches of a graph do: the second one becomes {@code name#2}
     */
    static List<String> of(StoredFile file, List<String> stored, List<String> found) {
        Map<String, Integer> claims = new HashMap<>();
        for (int i = 0; i < stored.size(); i++) {
            claims.merge(found.get(i), 1, Integer::sum);
            if (!found.get(i).equals(stored.get(i))) {
                claims.merge(stored.get(i), 1, Integer::sum); // what it falls back to is taken too
            }
        }
        List<String> names = new ArrayList<>();
        Map<String, Integer> copies = new HashMap<>();
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < stored.size(); i++) {
            String name = found.get(i);
            if (claims.get(name) > 1) {
                int copy = copies.merge(stored.get(i), 1, Integer::sum);
                name = copy == 1 ? stored.get(i) : stored.get(i) + "#" + copy;
            }
            if (!taken.add(name)) {
                throw file.corrupt("has more than one tensor " + name, null);
            }
            names.add(name);
        }
        return names;
    }
}
