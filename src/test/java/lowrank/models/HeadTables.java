package lowrank.models;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.linalg.Matrix;
import org.apache.hadoop.conf.Configuration;

/**
 * Heads as a table of Parquet files: layer and head (int), pos (long), q, k, v (lists of floats or doubles), and where masks are given
 * shown (int, 1 or 0). Rows are in the order of heads and positions, or shuffled, and split evenly over the files.
 *
 * @param files part-00000.parquet and so on
 * @param start the first position
 * @param shuffle the seed of an order of rows, or null to keep theirs
 * @param precision of the vectors
 */
public record HeadTables(int files, int start, Long shuffle, Precision precision) {
    private static final HadoopConf CONF = new HadoopConf(new Configuration());

    /** Rows of a row group, few enough that files have several. */
    private static final int GROUP = 1000;

    /** One file of floats, in order, from position 0. */
    public static HeadTables sorted() {
        return new HeadTables(1, 0, null, Precision.FLOAT);
    }

    /** The same over several files. */
    public HeadTables over(int count) {
        return new HeadTables(count, start, shuffle, precision);
    }

    /** The same with this first position. */
    public HeadTables from(int first) {
        return new HeadTables(files, first, shuffle, precision);
    }

    /** The same with rows in a random order. */
    public HeadTables shuffled(long seed) {
        return new HeadTables(files, start, seed, precision);
    }

    /** The same with vectors of doubles. */
    public HeadTables doubles() {
        return new HeadTables(files, start, shuffle, Precision.DOUBLE);
    }

    private record Place(int head, int position) {}

    /** Writes heads into a folder, which is made. */
    public Path write(Path folder, List<Head> heads) {
        return write(folder, heads, null);
    }

    /**
     * The same with a mask.
     *
     * @param shown for each head, whether a position is seen; or null for no such column
     */
    public Path write(Path folder, List<Head> heads, List<boolean[]> shown) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Place> places = places(heads);
        int first = 0;
        for (int file = 0; file < files; file++) {
            int end = (int) ((file + 1L) * places.size() / files);
            file(folder.resolve(String.format("part-%05d.parquet", file)), places.subList(first, end), heads, shown);
            first = end;
        }
        return folder;
    }

    /** Head by head and position by position, or shuffled. */
    private List<Place> places(List<Head> heads) {
        List<Place> places = new ArrayList<>();
        for (int head = 0; head < heads.size(); head++) {
            for (int position = 0; position < heads.get(head).positions(); position++) {
                places.add(new Place(head, position));
            }
        }
        if (shuffle != null) {
            Collections.shuffle(places, new Random(shuffle));
        }
        return places;
    }

    private void file(Path file, List<Place> places, List<Head> heads, List<boolean[]> shown) {
        ParquetTableWriter.Type vector = precision == Precision.FLOAT
                ? ParquetTableWriter.Type.FLOAT_VECTOR
                : ParquetTableWriter.Type.DOUBLE_VECTOR;
        List<ParquetTableWriter.Column> columns = new ArrayList<>(List.of(
                new ParquetTableWriter.Column("layer", ParquetTableWriter.Type.INT),
                new ParquetTableWriter.Column("head", ParquetTableWriter.Type.INT),
                new ParquetTableWriter.Column("pos", ParquetTableWriter.Type.LONG),
                new ParquetTableWriter.Column("q", vector),
                new ParquetTableWriter.Column("k", vector),
                new ParquetTableWriter.Column("v", vector)));
        if (shown != null) {
            columns.add(new ParquetTableWriter.Column("shown", ParquetTableWriter.Type.INT));
        }
        try (ParquetTableWriter writer = ParquetTableWriter.create(
                CONF, new org.apache.hadoop.fs.Path(file.toString()), columns, "none", Map.of())) {
            for (int first = 0; first < places.size(); first += GROUP) {
                group(writer, places.subList(first, Math.min(places.size(), first + GROUP)), heads, shown);
            }
            writer.finish();
        }
    }

    private void group(ParquetTableWriter writer, List<Place> places, List<Head> heads, List<boolean[]> shown) {
        try (Arena arena = new Arena()) {
            List<ColumnData> data = new ArrayList<>(List.of(
                    new ColumnData.Ints(places.stream()
                            .mapToInt(place -> heads.get(place.head).layer())
                            .toArray()),
                    new ColumnData.Ints(places.stream()
                            .mapToInt(place -> heads.get(place.head).head())
                            .toArray()),
                    new ColumnData.Longs(places.stream()
                            .mapToLong(place -> (long) start + place.position)
                            .toArray()),
                    vectors(places, heads.stream().map(Head::q).toList(), arena),
                    vectors(places, heads.stream().map(Head::k).toList(), arena),
                    vectors(places, heads.stream().map(Head::v).toList(), arena)));
            if (shown != null) {
                data.add(new ColumnData.Ints(places.stream()
                        .mapToInt(place -> shown.get(place.head)[place.position] ? 1 : 0)
                        .toArray()));
            }
            writer.rowGroup(places.size(), data);
        }
    }

    /** The writer rounds to floats where the column holds these. */
    private static ColumnData vectors(List<Place> places, List<Matrix> tables, Arena arena) {
        int width = tables.get(0).cols();
        long address = arena.doubles((long) places.size() * width);
        double[] row = new double[width];
        for (int i = 0; i < places.size(); i++) {
            Matrix table = tables.get(places.get(i).head);
            for (int j = 0; j < width; j++) {
                row[j] = table.get(places.get(i).position, j);
            }
            OffHeap.put(address + 8L * i * width, row, 0, width);
        }
        return new ColumnData.VectorData(address, width, Precision.DOUBLE);
    }
}
