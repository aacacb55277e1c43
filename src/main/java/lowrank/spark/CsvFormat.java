package lowrank.spark;

import java.util.ArrayList;
import java.util.List;
import lowrank.blocks.Offenders;

/**
 * Lines of cells. Cells may be quoted; a quote inside quotes is doubled; a cell does not go on in the next line.
 *
 * @param names of the columns that hold numbers: those of the matrix, the targets, the weight
 * @param columns per file, where each of them stands
 * @param ids per file, where the id stands, or -1
 * @param label name of the label, or null
 * @param labels per file, where the label stands, or -1
 * @param cells per file, cells of a line
 * @param indices limits of the first columns, which must be whole numbers of at least 0; none where all are values
 */
record CsvFormat(
        char separator,
        boolean header,
        List<String> names,
        List<int[]> columns,
        int[] ids,
        String label,
        int[] labels,
        int[] cells,
        List<IndexLimit> indices)
        implements LineFormat {
    @Override
    public Parser open(int source) {
        return new CsvParser(columns.get(source), ids[source], labels[source], cells[source]);
    }

    /** The cells of a line, or null when a quote is not closed. */
    static List<String> cells(String line, char separator) {
        List<String> cells = new ArrayList<>();
        int at = 0;
        while (true) {
            int end;
            if (at < line.length() && line.charAt(at) == '"') {
                StringBuilder cell = new StringBuilder();
                int from = at + 1;
                int quote = line.indexOf('"', from);
                while (quote >= 0 && quote + 1 < line.length() && line.charAt(quote + 1) == '"') {
                    cell.append(line, from, quote + 1);
                    from = quote + 2;
                    quote = line.indexOf('"', from);
                }
                if (quote < 0) {
                    return null;
                }
                cell.append(line, from, quote);
                end = line.indexOf(separator, quote + 1);
                String rest = line.substring(quote + 1, end < 0 ? line.length() : end);
                if (!rest.isBlank()) {
                    return null;
                }
                cells.add(cell.toString());
            } else {
                end = line.indexOf(separator, at);
                cells.add(line.substring(at, end < 0 ? line.length() : end));
            }
            if (end < 0) {
                return cells;
            }
            at = end + 1;
        }
    }

    /** Whether a line holds nothing; a separator, though it be white space, makes it a row of empty cells. */
    static boolean isBlank(String line, char separator) {
        return line.isBlank() && line.indexOf(separator) < 0;
    }

    private final class CsvParser implements Parser {
        private final int[] places;
        private final int idPlace;
        private final int labelPlace;
        private final int width;
        private String id;
        private String labelText;

        CsvParser(int[] places, int idPlace, int labelPlace, int width) {
            this.places = places;
            this.idPlace = idPlace;
            this.labelPlace = labelPlace;
            this.width = width;
        }

        @Override
        public boolean parse(String text, long line, boolean firstOfFile, double[] values, Offenders offenders) {
            if ((firstOfFile && header) || isBlank(text, separator)) {
                return false;
            }
            List<String> cells = cells(text, separator);
            java.util.Arrays.fill(values, 0);
            id = "";
            labelText = "";
            if (cells == null) {
                offenders.add(line, names.get(0), "cannot be told apart: a quote is not closed in its line");
                return true;
            }
            if (cells.size() != width) {
                boolean few = cells.size() < width;
                offenders.add(
                        line,
                        String.valueOf(few ? cells.size() : width),
                        (few ? "is missing" : "is one too many") + ": the line has " + cells.size()
                                + " cells where the file has " + width);
                return true;
            }
            for (int j = 0; j < places.length; j++) {
                String cell = cells.get(places[j]);
                double value = TextNumber.parse(cell);
                if (!Double.isFinite(value)) {
                    offenders.add(line, names.get(j), TextNumber.problem(cell, value));
                } else if (j < indices.size() && !(value >= 0 && value == Math.rint(value))) {
                    offenders.add(line, names.get(j), "is not a whole number of at least 0");
                } else if (j < indices.size() && value >= indices.get(j).below()) {
                    offenders.add(line, names.get(j), indices.get(j).problem());
                } else {
                    values[j] = value;
                }
            }
            if (idPlace >= 0) {
                id = cells.get(idPlace);
            }
            if (labelPlace >= 0) {
                labelText = cells.get(labelPlace).strip();
                if (labelText.isEmpty()) {
                    offenders.add(line, label, "is empty");
                }
            }
            return true;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public String label() {
            return labelText;
        }
    }
}
