package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "a, b desc | a;b desc",
                "round(x, 2) desc, y | round(x, 2) desc;y",
                "array(1, 2)[1], struct(a, b) | array(1, 2)[1];struct(a, b)",
                "concat(a, ')', \",\"), `b, c` | concat(a, ')', \",\");`b, c`",
                "x) , y | x);y",
            })
    void textIsCutAtCommasOutsideOfBracketsAndQuotes(String text, String items) {
        String quoted = "\"" + text.replace("\"", "\\\"") + "\"";
        Spec spec = Spec.of(Map.of("test", "read.order-by = " + quoted));
        assertThat(spec.list("read.order-by")).isEqualTo(List.of(items.split(";")));
    }
}
