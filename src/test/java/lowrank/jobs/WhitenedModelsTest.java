package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.models.CalibrationFiles;
import lowrank.models.Sentences;
import lowrank.models.WordPiece;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Table b7 of the research notes: bge-small-en-v1.5 in factors of 0.8 of its numbers, chosen by its matrices or by what comes out of them
 * while it reads a text of {@code -Dlowrank.text=FILE}; {@code scripts/fetch-models FOLDER bge}, then {@code mvn verify -Pmodels
 * -Dlowrank.models=FOLDER}.
 */
@Tag("models")
class WhitenedModelsTest {
    /** Pieces of the text between [CLS] and [SEP]. */
    private static final int PIECES = 126;

    /** Bytes of the text of the published figures. */
    private static final long PUBLISHED = 27_438;

    /** The figures are published with four digits. */
    private static final double DIGITS = 5.1e-5;

    @TempDir
    private Path folder;

    private static List<long[]> chunks(WordPiece words, Path text) throws IOException {
        long[] pieces = words.pieces(Files.readString(text));
        List<long[]> chunks = new ArrayList<>();
        for (int at = 0; at + PIECES <= pieces.length; at += PIECES) {
            chunks.add(words.sentence(Arrays.copyOfRange(pieces, at, at + PIECES)));
        }
        return chunks;
    }

    private Path compress(Path model, String name, String... keys) throws IOException {
        Path out = folder.resolve(name);
        List<String> pairs = new ArrayList<>(List.of(
                "job=compress",
                "read.path=" + model,
                "read.include=[\"encoder.layer.*\"]",
                "factor.ratio=0.8",
                "write.path=" + out));
        pairs.addAll(List.of(keys));
        Cli cli = Cli.job(folder, pairs.toArray(String[]::new));
        assertThat(cli.code()).as(cli.err()).isZero();
        return out;
    }

    @Test
    void factorsChosenByOutputsMissLessOfThem() throws IOException {
        String models = System.getProperty("lowrank.models");
        String text = System.getProperty("lowrank.text");
        assumeTrue(models != null && text != null, "lowrank.models or lowrank.text is not set");
        Path model = Path.of(models, "bge-small-en-v1.5.onnx");
        WordPiece words = WordPiece.read(Path.of(models, "bge-small-en-v1.5-tokenizer.json"));
        List<long[]> chunks = chunks(words, Path.of(text));
        long rows = CalibrationFiles.write(model, chunks, folder, folder.resolve("rows"));
        CalibrationFiles.write(
                model, Sentences.TEXTS.stream().map(words::sentence).toList(), folder, folder.resolve("others"));

        Path plain = compress(model, "plain");
        Path whitened = compress(
                model,
                "whitened",
                "read.calibration=" + folder.resolve("rows"),
                "read.held-out=" + folder.resolve("others"));
        System.out.printf("%d chunks, %d rows%n", chunks.size(), rows);
        for (String name : List.of(
                "relative error",
                "output error",
                "plain output error",
                "held-out error",
                "plain held-out error",
                "kept parameters")) {
            System.out.printf("%s: %.4f%n", name, Cli.measure(whitened, name));
        }
        double plainError = Cli.measure(plain, "relative error");
        System.out.printf("plain relative error: %.4f%n", plainError);
        assertThat(plainError).isCloseTo(.3228, within(DIGITS));
        assertThat(Cli.measure(whitened, "relative error")).isGreaterThan(plainError);
        assertThat(Cli.measure(whitened, "output error")).isLessThan(Cli.measure(whitened, "plain output error") / 2);
        assertThat(Cli.measure(whitened, "held-out error"))
                .isBetween(Cli.measure(whitened, "output error"), Cli.measure(whitened, "plain held-out error"));
        if (Files.size(Path.of(text)) == PUBLISHED) {
            assertThat(rows).isEqualTo(7040);
            assertThat(Cli.measure(whitened, "relative error")).isCloseTo(.4275, within(DIGITS));
            assertThat(Cli.measure(whitened, "output error")).isCloseTo(.0780, within(DIGITS));
            assertThat(Cli.measure(whitened, "plain output error")).isCloseTo(.2207, within(DIGITS));
        }
    }
}
