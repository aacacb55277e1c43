package lowrank.spark;

import java.util.Arrays;
import java.util.StringTokenizer;
import lowrank.blocks.Offenders;

/**
 * Lines of {@code label index:value index:value ...}, indices from 1 and ascending; what follows a {@code #} is passed
 * over, the label too where it is not asked for.
 *
 * @param label what the vector is called in messages
 * @param width largest index that is allowed
 * @param labelled whether the label comes after the values of the row
 */
record LibsvmFormat(String label, int width, boolean labelled) implements LineFormat {
    /** What messages and specs call the first item of a line. */
    static final String LABEL = "label";

    @Override
    public Parser open(int source) {
        return this::parse;
    }

    private boolean parse(String text, long line, boolean firstOfFile, double[] values, Offenders offenders) {
        StringTokenizer items = items(text);
        if (!items.hasMoreTokens()) {
            return false;
        }
        Arrays.fill(values, 0);
        String first = items.nextToken();
        double labelled = TextNumber.parse(first);
        if (!Double.isFinite(labelled)) {
            offenders.add(line, LABEL, "is not a number");
        } else if (this.labelled) {
            values[width] = labelled;
        }
        int before = 0;
        for (int number = 1; items.hasMoreTokens(); number++) {
            String item = items.nextToken();
            int colon = item.indexOf(':');
            int index = colon < 0 ? 0 : index(item.substring(0, colon));
            if (index <= before) {
                offenders.add(line, "item " + number, "is not index:value with indices from 1 and ascending");
                return true;
            }
            before = index;
            if (index > width) {
                offenders.add(line, "item " + number, "has an index above read.width = " + width);
                return true;
            }
            double value = TextNumber.parse(item.substring(colon + 1));
            if (Double.isFinite(value)) {
                values[index - 1] = value;
            } else {
                offenders.add(
                        line, label + "[" + (index - 1) + "]", TextNumber.problem(item.substring(colon + 1), value));
            }
        }
        return true;
    }

    private static StringTokenizer items(String text) {
        int comment = text.indexOf('#');
        return new StringTokenizer(comment < 0 ? text : text.substring(0, comment));
    }

    /** The largest index of a line; what is no index counts as none and is named when rows are read. */
    static int largest(String text) {
        int largest = 0;
        StringTokenizer items = items(text);
        while (items.hasMoreTokens()) {
            String item = items.nextToken();
            int colon = item.indexOf(':');
            largest = Math.max(largest, colon < 0 ? 0 : index(item.substring(0, colon)));
        }
        return largest;
    }

    /** An index, or 0 when it is none. */
    private static int index(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
