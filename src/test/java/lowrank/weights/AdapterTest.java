package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;
import lowrank.io.MissingInputException;
import lowrank.io.checkpoint.ElementType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterTest {
    private static final String PREFIX = "base_model.model.";

    @TempDir
    Path folder;

    private final Random random = new Random(1);
    private double[][] b;
    private double[][] a;

    @BeforeEach
    void factors() {
        b = MadeModel.gaussian(random, 6, 4, 1);
        a = MadeModel.gaussian(random, 4, 5, 1);
    }

    private void settings(String more) throws IOException {
        Files.writeString(
                folder.resolve("adapter_config.json"),
                "{\"peft_type\": \"LORA\", \"r\": 4, \"lora_alpha\": 6" + more + "}");
    }

    private void tensors(MadeModel model) {
        model.write(folder.resolve(Adapter.TENSORS));
    }

    private MadeModel linear(String name) {
        return new MadeModel()
                .add(PREFIX + "layer.0.q.lora_A" + name + ".weight", ElementType.F32, a)
                .add(PREFIX + "layer.0.q.lora_B" + name + ".weight", ElementType.F32, b);
    }

    private Adapter read() {
        return Adapter.read(MadeModel.CONF, folder.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".default"})
    void factorsAreNamedBySide(String name) throws IOException {
        settings("");
        tensors(linear(name));
        AdapterModule module = read().modules().get(0);
        assertThat(module.path()).isEqualTo("layer.0.q");
        assertThat(module.out()).isEqualTo(6);
        assertThat(module.in()).isEqualTo(5);
        assertThat(module.scale()).isEqualTo(1.5);
        try (Arena arena = new Arena()) {
            FactorPair factors = module.load(MadeModel.CONF, arena);
            for (int k = 0; k < 4; k++) {
                for (int i = 0; i < 6; i++) {
                    assertThat(OffHeap.getDouble(factors.outFactor().row(i) + 8L * k))
                            .isEqualTo((float) b[i][k]);
                }
                for (int j = 0; j < 5; j++) {
                    assertThat(OffHeap.getDouble(factors.inFactor().row(j) + 8L * k))
                            .isEqualTo((float) a[k][j]);
                }
            }
        }
    }

    /** An embedding's weight is a row for each word: the transpose of what its factors multiply to. */
    @Test
    void embeddingsHaveTheirRolesTurned() throws IOException {
        settings("");
        double[][] words = MadeModel.gaussian(random, 4, 9, 1);
        tensors(new MadeModel()
                .add(PREFIX + "embed.lora_embedding_A", ElementType.F32, words)
                .add(PREFIX + "embed.lora_embedding_B", ElementType.F32, b));
        AdapterModule module = read().modules().get(0);
        assertThat(module.kind()).isEqualTo(AdapterModule.Kind.EMBEDDING);
        assertThat(module.out()).isEqualTo(9);
        assertThat(module.in()).isEqualTo(6);
        try (Arena arena = new Arena()) {
            FactorPair factors = module.load(MadeModel.CONF, arena);
            assertThat(OffHeap.getDouble(factors.outFactor().row(7) + 16)).isEqualTo((float) words[2][7]);
            assertThat(OffHeap.getDouble(factors.inFactor().row(5) + 16)).isEqualTo((float) b[5][2]);
        }
    }

    /** rslora takes the root of the rank; a pattern decides by PEFT's rule, alpha and rank each by its own. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "; 1.5",
                ", \"use_rslora\": true; 3",
                ", \"alpha_pattern\": {\"q\": 2}; 0.5",
                ", \"alpha_pattern\": {\"layer.1.q\": 2}; 1.5",
                ", \"alpha_pattern\": {\"0.q\": 8, \"q\": 2}, \"use_rslora\": true; 4",
                ", \"rank_pattern\": null, \"alpha_pattern\": {}; 1.5"
            })
    void scalesFollowTheSettings(String more, double scale) throws IOException {
        settings(more == null ? "" : more);
        tensors(linear(""));
        assertThat(read().modules().get(0).scale()).isCloseTo(scale, within(1e-15));
    }

    @Test
    void ranksOfAPatternAreHeldToTheShapes() throws IOException {
        settings(", \"rank_pattern\": {\"layer.0.q\": 2}");
        tensors(linear(""));
        assertThatThrownBy(this::read)
                .isInstanceOf(DataException.class)
                .hasMessageContaining("layer.0.q")
                .hasMessageContaining("rank 2");
        settings(", \"rank_pattern\": {\"q\": 4}, \"x\": 1");
        assertThat(read().modules().get(0).rank()).isEqualTo(4);
    }

    @Test
    void otherTensorsAreKeptAside() throws IOException {
        settings(", \"modules_to_save\": [\"classifier\"]");
        tensors(linear("")
                .add(PREFIX + "classifier.modules_to_save.weight", ElementType.F32, a)
                .add(PREFIX + "layer.0.q.base_layer.bias", ElementType.F32, new double[6], 6));
        assertThat(read().whole().keySet()).containsExactly("classifier.weight", "layer.0.q.bias");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                ", \"use_dora\": true; DoRA",
                ", \"lora_bias\": true; bias",
                ", \"layer_replication\": [[0, 4]]; repeated",
                ", \"target_parameters\": [\"experts\"]; parameters",
                ", \"rank_pattern\": {\"a(\": 4}; regular expression",
                ", \"rank_pattern\": {\"a\": 0}; rank_pattern",
                ", \"alpha_pattern\": {\"a\": \"x\"}; alpha_pattern"
            })
    void otherKindsAreRefusedByName(String more, String said) throws IOException {
        settings(more);
        tensors(linear(""));
        assertThatThrownBy(this::read).isInstanceOf(DataException.class).hasMessageContaining(said);
    }

    @Test
    void whatIsNoLoraIsRefused() throws IOException {
        settings("");
        assertThatThrownBy(this::read).isInstanceOf(MissingInputException.class);
        Files.writeString(folder.resolve("adapter_model.bin"), "x");
        assertThatThrownBy(this::read).isInstanceOf(DataException.class).hasMessageContaining("pickle");
        tensors(linear("").add(PREFIX + "layer.0.q.lora_magnitude_vector", ElementType.F32, new double[6], 6));
        assertThatThrownBy(this::read).hasMessageContaining("DoRA");
        tensors(new MadeModel().add(PREFIX + "layer.0.q.hada_w1_a", ElementType.F32, a));
        assertThatThrownBy(this::read).hasMessageContaining("LoHa");
        tensors(new MadeModel().add(PREFIX + "layer.0.q.lora_A.weight", ElementType.F32, a));
        assertThatThrownBy(this::read).hasMessageContaining("only one factor of layer.0.q");
        tensors(linear("").add("layer.0.q.lora_A.other.weight", ElementType.F32, a));
        assertThatThrownBy(this::read).hasMessageContaining("twice");
        Files.writeString(folder.resolve("adapter_config.json"), "{\"peft_type\": \"IA3\"}");
        assertThatThrownBy(this::read).isInstanceOf(DataException.class).hasMessageContaining("IA3");
        Files.writeString(folder.resolve("adapter_config.json"), "{\"peft_type\": \"LORA\", \"r\": 4, \"r\": 5}");
        assertThatThrownBy(this::read).isInstanceOf(CorruptFileException.class);
        Files.writeString(folder.resolve("adapter_config.json"), "{".repeat(10_000));
        assertThatThrownBy(this::read).isInstanceOf(CorruptFileException.class);
        Files.delete(folder.resolve("adapter_config.json"));
        assertThatThrownBy(this::read).isInstanceOf(MissingInputException.class);
    }
}
