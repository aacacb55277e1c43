package lowrank.models;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.attention.ReferenceAttention;
import lowrank.linalg.Matrix;

/**
 * The 144 heads of bge-small-en-v1.5 while it reads one window of a text: [CLS], its first 510 pieces, [SEP]. {@code -Dlowrank.models=FOLDER}
 * holds the model, {@code -Dlowrank.text=FILE} the text; published figures are of one text, {@link #isPublished}.
 */
public final class RealHeads {
    public static final int HEADS_PER_LAYER = 12;
    private static final int PIECES = 510;

    /** Bytes of the text of the published figures. */
    private static final long PUBLISHED = 27_438;

    private final Path model;
    private final Encoder encoder;
    private final WordPiece words;
    private final long[] pieces;
    private final long[] ids;
    private final List<Head> heads;
    private final double[] embedding;
    private final boolean published;

    private RealHeads(Path model, Path text, WordPiece words) {
        this.model = model;
        encoder = Encoder.read(model, HEADS_PER_LAYER);
        this.words = words;
        try {
            pieces = words.pieces(Files.readString(text));
            ids = window(0);
            published = Files.size(text) == PUBLISHED;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        heads = encoder.heads(ids, exact());
        embedding = encoder.embedding(ids, exact());
    }

    private long[] window(int window) {
        return words.sentence(Arrays.copyOfRange(pieces, PIECES * window, PIECES * (window + 1)));
    }

    /** The heads while the model reads another window, from 1 on. */
    public List<Head> otherHeads(int window) {
        return encoder.heads(window(window), exact());
    }

    /** Reads model and text; where they are not given, the test that asks is left out. */
    public static RealHeads load() {
        String models = System.getProperty("lowrank.models");
        String text = System.getProperty("lowrank.text");
        assumeTrue(models != null && text != null, "lowrank.models or lowrank.text is not set");
        return new RealHeads(
                Path.of(models, "bge-small-en-v1.5.onnx"),
                Path.of(text),
                WordPiece.read(Path.of(models, "bge-small-en-v1.5-tokenizer.json")));
    }

    /** Exact attention, by the reference. */
    public static HeadAttention exact() {
        return (layer, head, q, k, v) -> ReferenceAttention.exact(q, k, v);
    }

    /** Whether the text is the one of the published figures. */
    public boolean isPublished() {
        return published;
    }

    public Path model() {
        return model;
    }

    public Encoder encoder() {
        return encoder;
    }

    /** The window. */
    public long[] ids() {
        return ids.clone();
    }

    /** All heads, layer by layer, as exact attention leads to them. */
    public List<Head> heads() {
        return heads;
    }

    public Head head(int layer, int head) {
        return heads.get(layer * HEADS_PER_LAYER + head);
    }

    /**
     * Errors of outputs, relative by the Frobenius norm.
     *
     * @param errors of each head
     * @param uniform of the mean of V in the place of the outputs
     */
    public record Errors(double[] errors, double[] uniform) {
        /** Heads that are nearer to exact attention than the mean of V is. */
        public int better() {
            int count = 0;
            for (int i = 0; i < errors.length; i++) {
                count += errors[i] < uniform[i] ? 1 : 0;
            }
            return count;
        }

        public double median() {
            return RealHeads.median(errors);
        }
    }

    /** The middle, or the mean of both. */
    public static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** What an attention misses on each head, given the q, k, v of exact attention. */
    public Errors errors(HeadAttention attention) {
        List<Double> errors = new ArrayList<>();
        List<Double> uniform = new ArrayList<>();
        for (Head head : heads) {
            Matrix exact = ReferenceAttention.exact(head.q(), head.k(), head.v());
            Matrix found = attention.outputs(head.layer(), head.head(), head.q(), head.k(), head.v());
            errors.add(ReferenceAttention.error(found, exact));
            uniform.add(ReferenceAttention.error(ReferenceAttention.uniform(head.v(), false, null), exact));
        }
        return new Errors(
                errors.stream().mapToDouble(Double::doubleValue).toArray(),
                uniform.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** The cosine of the embedding of the window with every head replaced, and as it is. */
    public double cosine(HeadAttention attention) {
        return Sentences.cosine(embedding, encoder.embedding(ids, attention));
    }
}
