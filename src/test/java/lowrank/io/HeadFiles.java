package lowrank.io;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Tables of queries, keys and values whose numbers are a function of sequence, head and position alone.
 *
 * @param heads of each sequence; 0 for no key columns at all
 * @param start the first position
 * @param sequence the type of the column {@code sequence}
 * @param masked whether there is a mask, which hides every third position
 */
public record HeadFiles(int[] lengths, int heads, long start, Type sequence, int width, int values, boolean masked) {
    private static final HadoopConf CONF = new HadoopConf(new Configuration());

    /** A row. */
    public record Row(int sequence, int head, long position) {}

    /** What sequences are called: not in the order of their numbers where they are text. */
    public static String name(int sequence) {
        return "s" + (9 - sequence) + "ä";
    }

    /** All rows, by sequence, head, position. */
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (int s = 0; s < lengths.length; s++) {
            for (int h = 0; h < Math.max(1, heads); h++) {
                for (int i = 0; i < lengths[s]; i++) {
                    rows.add(new Row(s, h, start + i));
                }
            }
        }
        return rows;
    }

    /** All rows in another order. */
    public List<Row> shuffled(long seed) {
        List<Row> rows = rows();
        Collections.shuffle(rows, new Random(seed));
        return rows;
    }

    /** The numbers of a row: q, k, v and, where there is one, the mask. Floats hold them. */
    public double[][] of(Row row) {
        SplittableRandom random =
                new SplittableRandom(1_000_003L * row.sequence + 7919L * row.head + 31L * row.position);
        double[][] all = new double[masked ? 4 : 3][];
        int[] widths = {width, width, values};
        for (int c = 0; c < 3; c++) {
            all[c] = new double[widths[c]];
            for (int j = 0; j < widths[c]; j++) {
                all[c][j] = (float) (random.nextDouble() * 2 - 1);
            }
        }
        if (masked) {
            all[3] = new double[] {row.position % 3 == 2 ? 0 : 1};
        }
        return all;
    }

    /** Writes rows in their order to files of about the same size. */
    public void write(java.nio.file.Path folder, List<Row> rows, int files, Type vectors) {
        for (int f = 0; f < files; f++) {
            int from = (int) ((long) rows.size() * f / files);
            int to = (int) ((long) rows.size() * (f + 1) / files);
            write(folder.resolve("part-" + f + ".parquet"), rows.subList(from, to), vectors);
        }
    }

    private List<Column> columns(Type vectors) {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("v", vectors));
        if (heads > 0) {
            columns.add(new Column("sequence", sequence));
            columns.add(new Column("head", Type.INT));
        }
        columns.add(new Column("position", Type.LONG));
        columns.add(new Column("q", vectors));
        columns.add(new Column("k", vectors));
        if (masked) {
            columns.add(new Column("mask", Type.INT));
        }
        return columns;
    }

    private void write(java.nio.file.Path file, List<Row> rows, Type vectors) {
        int group = 300;
        try (Arena arena = new Arena();
                ParquetTableWriter writer =
                        ParquetTableWriter.create(CONF, new Path(file.toUri()), columns(vectors), "none", Map.of())) {
            long q = arena.doubles((long) group * width);
            long k = arena.doubles((long) group * width);
            long v = arena.doubles((long) group * values);
            for (int first = 0; first < rows.size(); first += group) {
                List<Row> some = rows.subList(first, Math.min(rows.size(), first + group));
                int[] masks = new int[some.size()];
                for (int i = 0; i < some.size(); i++) {
                    double[][] numbers = of(some.get(i));
                    OffHeap.put(q + 8L * i * width, numbers[0], 0, width);
                    OffHeap.put(k + 8L * i * width, numbers[1], 0, width);
                    OffHeap.put(v + 8L * i * values, numbers[2], 0, values);
                    masks[i] = masked ? (int) numbers[3][0] : 1;
                }
                List<ColumnData> data = new ArrayList<>();
                data.add(new ColumnData.VectorData(v, values, Precision.DOUBLE));
                if (heads > 0) {
                    data.add(sequences(some));
                    data.add(new ColumnData.Ints(
                            some.stream().mapToInt(Row::head).toArray()));
                }
                data.add(new ColumnData.Longs(
                        some.stream().mapToLong(Row::position).toArray()));
                data.add(new ColumnData.VectorData(q, width, Precision.DOUBLE));
                data.add(new ColumnData.VectorData(k, width, Precision.DOUBLE));
                if (masked) {
                    data.add(new ColumnData.Ints(masks));
                }
                writer.rowGroup(some.size(), data);
            }
            writer.finish();
        }
    }

    private ColumnData sequences(List<Row> rows) {
        return switch (sequence) {
            case TEXT ->
                new ColumnData.Texts(
                        rows.stream().map(row -> name(row.sequence)).toArray(String[]::new));
            case LONG ->
                new ColumnData.Longs(rows.stream().mapToLong(Row::sequence).toArray());
            default -> new ColumnData.Ints(rows.stream().mapToInt(Row::sequence).toArray());
        };
    }
}
