package lowrank.io;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;

/**
 * Matrices in {@code .npy} files, one below the other.
 *
 * @param label what the columns are called: label[0], label[1], ...
 */
public record NpyTable(HadoopConf conf, List<Part> parts, String label, int cols) implements StackedTable {

    /**
     * A file and where its rows stand.
     *
     * @param name path below the input
     * @param firstRow global position of its first row
     */
    record Part(NpyHeader header, String name, long firstRow) implements StackedTable.Part, Serializable {
        @Override
        public long rows() {
            return header.rows();
        }
    }

    /**
     * Reads the headers.
     *
     * @throws CorruptFileException when a file is not what its header says
     * @throws DataException when a file holds something else than a matrix of floats, or differs in width
     * @throws MissingInputException when there are no rows
     */
    public static NpyTable open(HadoopConf conf, List<InputFiles.Entry> files, String label) {
        List<Part> parts = StackedTable.stack(
                files,
                (file, row) -> new Part(NpyHeader.read(conf, file.path(), file.relative()), file.relative(), row));
        Part first = parts.get(0);
        for (Part part : parts) {
            if (part.header.cols() != first.header.cols()) {
                throw new DataException(part.name + " has " + part.header.cols() + " columns, but " + first.name
                        + " has " + first.header.cols() + "; all files must agree");
            }
        }
        return new NpyTable(conf, parts, label, first.header.cols());
    }

    @Override
    public List<String> names() {
        return IntStream.range(0, cols).mapToObj(j -> label + "[" + j + "]").toList();
    }

    @Override
    public Ids.Type idType() {
        return Ids.Type.NONE;
    }

    @Override
    public String listing() {
        return parts.stream()
                .map(part -> part.header.file().listing(part.name, part.header.digest()))
                .collect(Collectors.joining("\n"));
    }

    @Override
    public boolean checksums() {
        return false;
    }

    @Override
    public long storedBytes() {
        return parts.stream().mapToLong(part -> part.header.file().length()).sum();
    }

    @Override
    public long readerBytes() {
        return NpyRows.PIECE;
    }

    @Override
    public FileRows open(int part, long fromRow, Precision precision, boolean ids) {
        return new NpyRows(conf, parts.get(part).header, fromRow, precision);
    }
}
