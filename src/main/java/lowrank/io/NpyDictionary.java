package lowrank.io;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The Python dictionary in the header of a {@code .npy} file, read by its grammar and never evaluated.
 *
 * @param type such as {@code <f8}; empty when it is a list of fields
 */
record NpyDictionary(String type, boolean columnMajor, List<Long> shape) {

    /**
     * Reads the text.
     *
     * @param corrupt makes the exception that names the array
     * @throws CorruptFileException if it is anything but the three keys that NumPy writes, each once
     */
    static NpyDictionary parse(Function<String, CorruptFileException> corrupt, String text) {
        return new Parser(corrupt, text).dictionary();
    }

    private static final class Parser {
        private static final int MOST_DIGITS = 18;

        private final Function<String, CorruptFileException> corrupt;
        private final String text;
        private int at;
        private String type;
        private Boolean columnMajor;
        private List<Long> shape;

        Parser(Function<String, CorruptFileException> corrupt, String text) {
            this.corrupt = corrupt;
            this.text = text;
        }

        NpyDictionary dictionary() {
            expect('{');
            while (peek() != '}') {
                String key = string();
                expect(':');
                entry(key);
                if (peek() != '}') {
                    expect(',');
                }
            }
            expect('}');
            if (peek() != 0 || type == null || columnMajor == null || shape == null) {
                throw broken();
            }
            return new NpyDictionary(type, columnMajor, shape);
        }

        private void entry(String key) {
            switch (key) {
                case "descr" -> {
                    require(type == null);
                    type = peek() == '[' ? fields() : string();
                }
                case "fortran_order" -> {
                    require(columnMajor == null);
                    columnMajor = word();
                }
                case "shape" -> {
                    require(shape == null);
                    shape = numbers();
                }
                default -> throw broken();
            }
        }

        private CorruptFileException broken() {
            return corrupt.apply("has a header that NumPy would not write");
        }

        private void require(boolean holds) {
            if (!holds) {
                throw broken();
            }
        }

        /** The next character that is no blank, or 0 at the end. */
        private char peek() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private void expect(char c) {
            require(peek() == c);
            at++;
        }

        private String string() {
            char quote = peek();
            require(quote == '\'' || quote == '"');
            int end = text.indexOf(quote, at + 1);
            require(end > 0);
            String inside = text.substring(at + 1, end);
            require(inside.indexOf('\\') < 0);
            at = end + 1;
            return inside;
        }

        /** Passes over a list of fields, brackets and quotes in pairs. */
        private String fields() {
            int depth = 0;
            do {
                char c = peek();
                require(c != 0);
                if (c == '\'' || c == '"') {
                    string();
                } else {
                    depth += c == '[' || c == '(' ? 1 : c == ']' || c == ')' ? -1 : 0;
                    at++;
                }
            } while (depth > 0);
            return "";
        }

        private boolean word() {
            peek();
            boolean yes = text.startsWith("True", at);
            require(yes || text.startsWith("False", at));
            at += yes ? 4 : 5;
            return yes;
        }

        private List<Long> numbers() {
            List<Long> numbers = new ArrayList<>();
            expect('(');
            while (peek() != ')') {
                int from = at;
                while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                    at++;
                }
                require(at > from && at - from <= MOST_DIGITS);
                numbers.add(Long.parseLong(text, from, at, 10));
                if (at < text.length() && text.charAt(at) == 'L') {
                    at++; // as Python 2 wrote them
                }
                if (peek() != ')') {
                    expect(',');
                }
            }
            expect(')');
            return numbers;
        }
    }
}
