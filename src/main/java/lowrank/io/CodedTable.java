package lowrank.io;

import java.util.List;
import java.util.Map;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Classes;
import lowrank.blocks.CodedSource;
import lowrank.blocks.Layout;

/**
 * A column of text as numbers, always double.
 *
 * @param texts a table without columns, whose ids are the texts
 * @param name of the column
 * @param numbers of the texts; what is not among them becomes {@link Classes#UNKNOWN}
 */
public record CodedTable(InputTable texts, String name, Map<String, Double> numbers) implements InputTable {
    @Override
    public long rows() {
        return texts.rows();
    }

    @Override
    public int cols() {
        return 1;
    }

    @Override
    public List<String> names() {
        return List.of(name);
    }

    @Override
    public int files() {
        return texts.files();
    }

    @Override
    public String listing() {
        return texts.listing();
    }

    @Override
    public boolean checksums() {
        return texts.checksums();
    }

    @Override
    public long storedBytes() {
        return texts.storedBytes();
    }

    @Override
    public long readerBytes() {
        return texts.readerBytes();
    }

    @Override
    public long chunkBytes() {
        return texts.chunkBytes();
    }

    @Override
    public long chunkRows() {
        return texts.chunkRows();
    }

    @Override
    public BlockSource source(Precision precision, Layout layout, long firstRow) {
        return new CodedSource(texts.source(Precision.DOUBLE, layout, firstRow), name, numbers);
    }
}
