package lowrank.io.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import lowrank.io.CorruptFileException;
import lowrank.io.StoredFile;

/**
 * JSON of a file that nobody vouches for, read value by value: UTF-8 alone, no key twice in an object, nothing nested deep, nothing
 * after the end, and no number that is not whole. Two readers that disagree on such text would see two different models in one file.
 */
final class StrictJson {
    private static final int DEEPEST = 16;
    private static final int LONGEST_KEY = 10_000;

    /** Without the table of names that Jackson shares among parsers, which names made to collide would fill. */
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNameLength(LONGEST_KEY)
                    .build())
            .build();

    private final StoredFile file;
    private final String what;
    private final JsonParser parser;

    /** @param what the text in messages, such as {@code header} */
    StrictJson(StoredFile file, String what, ByteBuffer text) {
        this.file = file;
        this.what = what;
        ByteArrayInputStream bytes =
                new ByteArrayInputStream(text.array(), text.arrayOffset() + text.position(), text.remaining());
        try {
            // A decoder of one's own reports what is not UTF-8; Jackson's would let some of it pass.
            parser = FACTORY.createParser(new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder()));
        } catch (IOException e) {
            throw broken("is not JSON", e);
        }
    }

    /** The next value must be an object: {@code field} is called at each key, and must read its value. */
    void object(Consumer<String> field) {
        expect(next(), JsonToken.START_OBJECT, "an object");
        fields(field);
    }

    private void fields(Consumer<String> field) {
        Set<String> keys = new HashSet<>();
        while (next() == JsonToken.FIELD_NAME) {
            String key = text();
            if (!keys.add(key)) {
                throw broken("holds the key " + Limits.shown(key) + " twice", null);
            }
            field.accept(key);
        }
    }

    /** The next value must be text. */
    String string() {
        expect(next(), JsonToken.VALUE_STRING, "text");
        return text();
    }

    /** The next value must be a list of at most {@code most} whole numbers from 0 on. */
    List<Long> wholes(int most) {
        expect(next(), JsonToken.START_ARRAY, "a list");
        List<Long> numbers = new ArrayList<>();
        for (JsonToken token = next(); token != JsonToken.END_ARRAY; token = next()) {
            expect(token, JsonToken.VALUE_NUMBER_INT, "a whole number");
            if (numbers.size() == most) {
                throw broken("holds a list of more than " + most + " numbers", null);
            }
            numbers.add(whole());
        }
        return numbers;
    }

    private long whole() {
        String digits = text();
        try {
            if (digits.charAt(0) != '-') {
                return Long.parseLong(digits);
            }
        } catch (NumberFormatException e) {
            throw broken("holds a number beyond 64 bits", e);
        }
        throw broken("holds a negative number", null);
    }

    /** Passes over the next value, whatever it is. */
    void skip() {
        skip(next());
    }

    private void skip(JsonToken token) {
        if (token == JsonToken.START_OBJECT) {
            fields(key -> skip());
        } else if (token == JsonToken.START_ARRAY) {
            for (JsonToken inside = next(); inside != JsonToken.END_ARRAY; inside = next()) {
                skip(inside);
            }
        }
    }

    /** Nothing may follow but blanks. */
    void end() {
        if (token() != null) {
            throw broken("goes on after its end", null);
        }
    }

    private void expect(JsonToken token, JsonToken wanted, String named) {
        if (token != wanted) {
            throw broken("holds something else where " + named + " belongs", null);
        }
    }

    private JsonToken next() {
        JsonToken token = token();
        if (token == null) {
            throw broken("ends too early", null);
        }
        return token;
    }

    private JsonToken token() {
        try {
            return parser.nextToken();
        } catch (StreamConstraintsException e) {
            throw beyond(e);
        } catch (IOException e) {
            throw broken("is not JSON", e);
        }
    }

    private String text() {
        try {
            return parser.getText();
        } catch (StreamConstraintsException e) {
            throw beyond(e);
        } catch (IOException e) {
            throw broken("is not JSON", e);
        }
    }

    private CorruptFileException beyond(StreamConstraintsException e) {
        return broken("has longer text or deeper brackets than are read", e);
    }

    private CorruptFileException broken(String how, Exception cause) {
        return file.corrupt("has a " + what + " that " + how, cause);
    }
}
