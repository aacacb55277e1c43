package lowrank.blocks;

import java.util.HashSet;
import java.util.Set;
import lowrank.blas.Arena;

/**
 * The different texts among the ids of a {@link CodedSource}'s rows.
 *
 * @param most texts; more are not all collected
 */
public record DistinctTexts(int most) implements Pass<HashSet<String>> {
    @Override
    public String label() {
        return "classes";
    }

    @Override
    public Fold<HashSet<String>> open(Arena arena, Schema schema, Layout layout) {
        return new Fold<>() {
            private HashSet<String> texts = new HashSet<>();

            @Override
            public void add(Block block) {
                for (String text : ((Ids.Texts) block.ids()).values()) {
                    if (texts.size() <= most) {
                        texts.add(text);
                    }
                }
            }

            @Override
            public HashSet<String> takeLeaf() {
                HashSet<String> leaf = texts;
                texts = new HashSet<>();
                return leaf;
            }

            @Override
            public HashSet<String> merge(HashSet<String> left, HashSet<String> right) {
                Set<String> more = left.size() <= most ? right : Set.of();
                left.addAll(more);
                return left;
            }
        };
    }
}
