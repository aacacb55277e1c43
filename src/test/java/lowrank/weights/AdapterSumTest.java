package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import lowrank.blocks.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterSumTest {
    @TempDir
    Path folder;

    private final Random random = new Random(5);

    private TestAdapter adapter() {
        return new TestAdapter(true).linear("layer.1.q", g(6, 2), g(2, 5));
    }

    private double[][] g(int rows, int cols) {
        return TestAdapter.gaussian(random, rows, cols);
    }

    private AdapterSum sum(String base, List<Double> weights, TestAdapter... adapters) {
        List<Adapter> read = new java.util.ArrayList<>();
        for (TestAdapter adapter : adapters) {
            Path place = folder.resolve("adapter" + read.size());
            read.add(Adapter.read(MadeModel.CONF, adapter.write(place).toString()));
        }
        return AdapterSum.of(read, weights, base);
    }

    private AdapterSum sum(TestAdapter... adapters) {
        return sum(null, Collections.nCopies(adapters.length, 1.0), adapters);
    }

    private void refused(String said, TestAdapter... adapters) {
        assertThatThrownBy(() -> sum(adapters))
                .isInstanceOf(DataException.class)
                .hasMessageContaining(said)
                .hasMessageContaining(folder.resolve("adapter0").toString())
                .hasMessageContaining(folder.resolve("adapter1").toString());
    }

    @Test
    void modulesOfAllAdaptersAreThereInTheOrderOfTheirPaths() {
        AdapterSum sum = sum(
                null,
                List.of(2.0, -0.5),
                adapter().linear("layer.0.q", g(6, 1), g(1, 5)),
                adapter().linear("layer.10.k", g(3, 4), g(4, 5), 2));
        assertThat(sum.targets())
                .extracting(AdapterSum.Target::path)
                .containsExactly("layer.0.q", "layer.1.q", "layer.10.k");
        assertThat(sum.targets()).extracting(AdapterSum.Target::inner).containsExactly(1, 4, 4);
        assertThat(sum.targets()).extracting(AdapterSum.Target::most).containsExactly(1, 4, 3);
        assertThat(sum.targets()).extracting(AdapterSum.Target::layer).containsExactly(0, 1, 10);
        assertThat(sum.targets().get(1).parts()).extracting(Merging.Part::times).containsExactly(2.0, -0.5);
        assertThat(sum.targets().get(2).parts()).extracting(Merging.Part::times).containsExactly(-0.25);
    }

    @Test
    void whatCountsNothingIsNoPart() {
        AdapterSum sum = sum(null, List.of(0.0, 1.0), adapter().linear("layer.0.q", g(6, 1), g(1, 5)), adapter());
        assertThat(sum.targets()).extracting(AdapterSum.Target::inner).containsExactly(0, 2);
    }

    @Test
    void modulesThatDifferNameBothFolders() {
        refused(
                "layer.1.q is a matrix of 6 x 5",
                adapter(),
                new TestAdapter(true).linear("layer.1.q", g(6, 2), g(2, 4)));
        refused("layer.1.q is", adapter(), new TestAdapter(true).linear("layer.1.q", g(7, 2), g(2, 5)));
        refused("a table of 6 x 5", adapter(), new TestAdapter(true).embedding("layer.1.q", g(5, 2), g(2, 6)));
        refused(
                "kernel [3, 1]",
                new TestAdapter(true).convolution("c", g(4, 2), g(2, 12), 2, 2),
                new TestAdapter(true).convolution("c", g(4, 2), g(2, 12), 3, 1));
    }

    @Test
    void differentBasesAreRefusedUnlessOneNameIsGiven() {
        TestAdapter a = adapter().set("base_model_name_or_path", "\"bert\"");
        TestAdapter b = adapter().set("base_model_name_or_path", "\"roberta\"");
        refused("read.base", a, b);
        refused("bert", a, b);
        refused("bert?[31m?", a, adapter().set("base_model_name_or_path", "\"bert\\u001b[31m\\n\""));
        assertThat(sum("mine", List.of(1.0, 1.0), a, b).settings().base()).isEqualTo("mine");
        assertThat(sum(a, adapter(), a).settings().base()).isEqualTo("bert");
        assertThat(sum(adapter()).settings().base()).isNull();
    }

    @Test
    void aTensorThatIsHeldWholeIsTakenOnceAsItIs() {
        TestAdapter head = adapter()
                .whole("classifier.weight", new double[10], 2, 5)
                .set("modules_to_save", "[\"classifier\"]")
                .set("bias", "\"all\"");
        AdapterSum sum = sum(head, adapter());
        assertThat(sum.whole()).hasSize(1);
        assertThat(sum.settings().saved()).containsExactly("classifier");
        assertThat(sum.settings().bias()).isEqualTo("all");
        refused("classifier.weight is replaced twice", head, head);
        refused(
                "layer.7.q.weight is changed twice",
                adapter().whole("layer.7.q.weight", new double[30], 6, 5),
                new TestAdapter(true).linear("layer.7.q", g(6, 2), g(2, 5)));
    }

    @ParameterizedTest
    @CsvSource({"0.5", "-1", "0"})
    void aTensorThatIsHeldWholeHasNoMultiple(double weight) {
        TestAdapter head = adapter().whole("layer.1.q.base_layer.bias", new double[6], 6);
        assertThatThrownBy(() -> sum(null, List.of(weight), head))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("layer.1.q.bias")
                .hasMessageContaining(weight + " times")
                .hasMessageContaining("adapter0");
    }

    @Test
    void settingsThatContradictAreRefusedOrSaid() {
        refused("fan_in_fan_out", adapter().set("fan_in_fan_out", "true"), adapter());
        AdapterSum sum = sum(
                adapter().set("task_type", "\"CAUSAL_LM\"").set("init_lora_weights", "\"pissa_niter_4\""),
                adapter().set("task_type", "\"SEQ_CLS\""));
        assertThat(sum.settings().task()).isNull();
        assertThat(sum.notes()).hasSize(2).anyMatch(note -> note.contains("CAUSAL_LM and SEQ_CLS"));
        assertThat(sum.notes()).anyMatch(note -> note.contains("began as pissa"));
        assertThat(sum(adapter().set("task_type", "\"SEQ_CLS\""), adapter())
                        .settings()
                        .task())
                .isEqualTo("SEQ_CLS");
    }
}
