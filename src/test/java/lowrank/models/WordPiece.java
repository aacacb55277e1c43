package lowrank.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/** The tokens of BERT uncased: lower case, no accents, punctuation apart, and of each word the longest pieces that are known. */
public final class WordPiece {
    private static final int LONGEST_WORD = 100;

    private final Map<String, Long> ids;

    private WordPiece(Map<String, Long> ids) {
        this.ids = ids;
    }

    /** Reads {@code tokenizer.json} of Hugging Face, or {@code vocab.txt} with a piece on each line. */
    public static WordPiece read(Path file) {
        Map<String, Long> ids = new HashMap<>();
        try {
            if (file.toString().endsWith(".json")) {
                JsonNode vocabulary = new ObjectMapper().readTree(file.toFile()).at("/model/vocab");
                vocabulary
                        .fields()
                        .forEachRemaining(entry ->
                                ids.put(entry.getKey(), entry.getValue().asLong()));
            } else {
                for (String piece : Files.readAllLines(file)) {
                    ids.put(piece, (long) ids.size());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new WordPiece(ids);
    }

    /** A whole sentence: [CLS], its pieces, [SEP]. */
    public long[] sentence(String text) {
        return sentence(pieces(text));
    }

    /** Pieces between [CLS] and [SEP]. */
    public long[] sentence(long[] pieces) {
        return LongStream.concat(
                        LongStream.of(ids.get("[CLS]")),
                        LongStream.concat(LongStream.of(pieces), LongStream.of(ids.get("[SEP]"))))
                .toArray();
    }

    /** The pieces of a text. */
    public long[] pieces(String text) {
        List<Long> pieces = new ArrayList<>();
        for (String word : words(text)) {
            append(pieces, word);
        }
        return pieces.stream().mapToLong(Long::longValue).toArray();
    }

    private static List<String> words(String text) {
        String plain = Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFD);
        StringBuilder spaced = new StringBuilder();
        plain.codePoints().forEach(c -> {
            int type = Character.getType(c);
            if (Character.isWhitespace(c) || type == Character.SPACE_SEPARATOR) {
                spaced.append(' ');
            } else if (type == Character.NON_SPACING_MARK
                    || type == Character.CONTROL
                    || type == Character.FORMAT
                    || c == 0xfffd) {
                return;
            } else if (isPunctuation(c, type) || Character.isIdeographic(c)) {
                spaced.append(' ').appendCodePoint(c).append(' ');
            } else {
                spaced.appendCodePoint(c);
            }
        });
        return List.of(spaced.toString().strip().split(" +"));
    }

    /** All of ASCII that is no letter, digit or space counts. */
    private static boolean isPunctuation(int c, int type) {
        return c < 128 && !Character.isLetterOrDigit(c) && c > ' '
                || type == Character.DASH_PUNCTUATION
                || type == Character.START_PUNCTUATION
                || type == Character.END_PUNCTUATION
                || type == Character.CONNECTOR_PUNCTUATION
                || type == Character.OTHER_PUNCTUATION
                || type == Character.INITIAL_QUOTE_PUNCTUATION
                || type == Character.FINAL_QUOTE_PUNCTUATION;
    }

    private void append(List<Long> pieces, String word) {
        if (word.isEmpty()) {
            return;
        }
        List<Long> found = new ArrayList<>();
        int at = 0;
        while (at < word.length() && word.length() <= LONGEST_WORD) {
            int end = word.length();
            Long id = null;
            while (end > at && (id = ids.get((at == 0 ? "" : "##") + word.substring(at, end))) == null) {
                end--;
            }
            if (id == null) {
                break;
            }
            found.add(id);
            at = end;
        }
        if (at < word.length()) {
            pieces.add(ids.get("[UNK]"));
        } else {
            pieces.addAll(found);
        }
    }
}
