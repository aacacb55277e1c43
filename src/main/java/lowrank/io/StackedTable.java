package lowrank.io;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;

/** A table whose rows lie in files, one after the other, each of which can be read from any row on. */
interface StackedTable extends InputTable {
    /** The key of the spec for what is learnt; its expressions are evaluated first. */
    String LABEL = "read.label";

    /** A file with rows. */
    interface Part {
        /** Path below the input, as messages name it. */
        String name();

        /** Global position of its first row. */
        long firstRow();

        long rows();
    }

    /** Opens a file as the part that begins at a global row. */
    interface Opener<P extends Part> {
        P open(InputFiles.Entry file, long firstRow);
    }

    /**
     * The files that have rows, one below the other.
     *
     * @throws MissingInputException when none has
     */
    static <P extends Part> List<P> stack(List<InputFiles.Entry> files, Opener<P> opener) {
        List<P> parts = new ArrayList<>();
        long row = 0;
        for (InputFiles.Entry file : files) {
            P part = opener.open(file, row);
            if (part.rows() > 0) {
                parts.add(part);
                row += part.rows();
            }
        }
        if (parts.isEmpty()) {
            throw InputFiles.noRows(files);
        }
        return parts;
    }

    /**
     * What is said of a column that has no classes.
     *
     * @param key of the spec that names it
     */
    static String noClasses(String file, String column, String key) {
        return file + " column " + column + " cannot be a " + (key.equals(LABEL) ? "label" : "key") + " (" + key
                + "): it holds neither numbers nor text";
    }

    /** The files that have rows, in order. */
    List<? extends Part> parts();

    /** What the vector is called in messages about its cells. */
    String label();

    /** Type of the ids of the rows. */
    Ids.Type idType();

    /**
     * Opens a file.
     *
     * @param part which of {@link #parts}
     * @param fromRow the row of the file that the first read begins with
     * @param precision of the values as they are read
     * @param ids whether ids are read too
     * @throws CorruptFileException if the file is not what it claims to be
     */
    FileRows open(int part, long fromRow, Precision precision, boolean ids);

    @Override
    default long rows() {
        Part last = parts().get(parts().size() - 1);
        return last.firstRow() + last.rows();
    }

    @Override
    default int files() {
        return parts().size();
    }

    @Override
    default BlockSource source(Precision precision, Layout layout, long firstRow) {
        if (firstRow < 0 || firstRow + layout.rows() > rows()) {
            throw new IllegalArgumentException(
                    "the input has no rows " + firstRow + " .. " + (firstRow + layout.rows()) + ", of " + rows());
        }
        return new StackedSource(this, precision, layout, firstRow);
    }
}
