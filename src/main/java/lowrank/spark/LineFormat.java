package lowrank.spark;

import java.io.Serializable;
import lowrank.blocks.Offenders;

/** How a line becomes a row. */
interface LineFormat extends Serializable {
    /** Opens the working half for one task on lines of one file. */
    Parser open(int source);

    /** The working half. */
    interface Parser {
        /**
         * Reads a line.
         *
         * @param line its number in the piece, for offenders
         * @param firstOfFile whether it is the first line of its file
         * @param values where the values go: those of the matrix, the targets, the weight
         * @return whether it is a row; blank lines and headers are none
         */
        boolean parse(String text, long line, boolean firstOfFile, double[] values, Offenders offenders);

        /** The id of the row that was read last: text, or null. */
        default String id() {
            return null;
        }

        /** The label of the row that was read last, as text, or null. */
        default String label() {
            return null;
        }
    }
}
