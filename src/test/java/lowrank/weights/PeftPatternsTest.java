package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import lowrank.blocks.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeftPatternsTest {

    @ParameterizedTest
    @CsvSource({
        "query, encoder.layer.0.attention.self.query, true",
        "query, encoder.subquery, false",
        "layer.1, encoder.layer.1, true",
        "layer.1, encoder.layer.11, false",
        "layer.1, encoder.layerx1, true",
        "layer.1.query, encoder.layer.11.query, false",
        "a.b, a_b, true",
        "a\\.b, a_b, false",
        "^encoder.query, encoder.query, true",
        "^encoder.query, model.encoder.query, false",
        "base_model.model.a, a, false",
        "q|k, layer.0.k, true",
        "[qk], layer.0.k, true",
        "layer, layer.0, false"
    })
    void aKeyFitsAtADotAndToTheEnd(String key, String module, boolean fits) {
        assertThat(new PeftPatterns(List.of(key)).key(module).isPresent()).isEqualTo(fits);
    }

    @Test
    void theFirstKeyWins() {
        PeftPatterns patterns = new PeftPatterns(List.of("query", "layer.0.query"));
        assertThat(patterns.key("layer.0.query")).contains("query");
    }

    @Test
    void plainPathsStayAsTheyAreUnlessTheyCatchOthers() {
        assertThat(PeftPatterns.keys(List.of("layer.1.q", "layer.11.q")))
                .containsExactly(Map.entry("layer.11.q", "layer.11.q"), Map.entry("layer.1.q", "layer.1.q"));
        assertThat(PeftPatterns.keys(List.of("a.b", "a_b")).values()).contains("a\\.b");
        assertThat(PeftPatterns.keys(List.of("q", "x.q")).keySet()).containsExactly("x.q", "q");
        assertThat(PeftPatterns.keys(List.of("a(0)")).values()).containsExactly("a\\(0\\)");
    }

    /** Modules whose names are made of pieces that prefix, end and imitate each other: each finds its own key, whatever the order. */
    @Test
    void everyModuleFindsItsOwnKey() {
        String[] pieces = {
            "a", "b", "ab", "1", "11", "layer", "a_b", "x.a", "*", "(a", "a|b", "[1]", "b+", "^a", "a$", "\\d"
        };
        Random random = new Random(42);
        for (int trial = 0; trial < 300; trial++) {
            Set<String> modules = new HashSet<>();
            int count = 2 + random.nextInt(12);
            for (int i = 0; i < count; i++) {
                List<String> path = new ArrayList<>();
                for (int depth = 1 + random.nextInt(4); depth > 0; depth--) {
                    path.add(pieces[random.nextInt(pieces.length)]);
                }
                modules.add(String.join(random.nextInt(8) == 0 ? "_" : ".", path));
            }
            Map<String, String> keys = PeftPatterns.keys(modules);
            assertThat(keys.keySet()).isEqualTo(modules);
            for (String module : modules) {
                // The rule once more, in other words.
                String first = keys.values().stream()
                        .filter(key -> module.matches("(?d)(?:.*\\.)?(?:" + key + ")"))
                        .findFirst()
                        .orElseThrow();
                assertThat(first).as("%s among %s", module, modules).isEqualTo(keys.get(module));
            }
        }
    }

    @Test
    void patternsThatAreNoneOrTakeForEverAreRefused() {
        assertThatThrownBy(() -> new PeftPatterns(List.of("a(b"))).isInstanceOf(DataException.class);
        PeftPatterns endless = new PeftPatterns(List.of("a*a*a*a*a*a*a*a*b"));
        assertThatThrownBy(() -> endless.key("a".repeat(200)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("too long");
    }
}
