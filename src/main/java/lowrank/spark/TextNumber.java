package lowrank.spark;

/** Numbers in text files: decimal, nothing else. */
public final class TextNumber {
    private TextNumber() {}

    /** The number that a cell holds; NaN when it holds none, which {@link #problem} puts in words. */
    public static double parse(String cell) {
        String text = cell.strip();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Java's own parser would also take NaN, 0x1p3 and 1d.
            if ((c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') {
                return Double.NaN;
            }
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** What is wrong with a cell whose number is not finite. */
    static String problem(String cell, double value) {
        return cell.isBlank() ? "is empty" : Double.isNaN(value) ? "is not a number" : "is too large for a double";
    }
}
