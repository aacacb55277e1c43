package lowrank.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.random.Philox;
import org.apache.hadoop.conf.Configuration;

/**
 * Heads whose queries look at about their own place in the sequence: with t = position / rows and the waves c(t) = (cos 2 pi f t,
 * sin 2 pi f t), f = 1 .. 4, queries are B c(t) + noise, keys B c(t) + noise with the same B of the head, values C c(t) + noise. An entry of
 * q or k has a noise of 0.35 and a wave part of 0.45 (root mean squares), so that scaled scores of width 64 lie within about 2 of 0 and are
 * largest where a key is near its query; values have waves and noise of 1. Uniform attention misses the waves; segments and features find
 * them.
 */
final class AttentionData {
    /** Rows of a file, at most; files hold rows of one head, in order. */
    private static final int FILE_ROWS = 1 << 17;

    private static final int GROUP = 8192;
    private static final int WAVES = 8;
    private static final double NOISE = 0.35;
    private static final double WAVE = 0.45;

    private AttentionData() {}

    /** Writes the table, unless it is there already; rows come from all cores and are never held together. */
    static Path generate(Path parent, int rows, int width, int heads) throws IOException {
        Path folder = parent.resolve("attention-" + rows + "x" + width + "x" + heads);
        if (Files.exists(folder)) {
            return folder;
        }
        Path begun = parent.resolve(folder.getFileName() + ".part");
        Files.createDirectories(begun);
        int files = (rows + FILE_ROWS - 1) / FILE_ROWS;
        IntStream.range(0, heads * files).parallel().forEach(i -> {
            int first = i % files * FILE_ROWS;
            file(begun, new Head(i / files, rows, width), first, Math.min(FILE_ROWS, rows - first));
        });
        Files.move(begun, folder);
        return folder;
    }

    private static void file(Path folder, Head head, int first, int count) {
        Path path = folder.resolve(String.format(Locale.ROOT, "part-%03d-%09d.parquet", head.index, first));
        try (Arena arena = new Arena();
                ParquetTableWriter writer = ParquetTableWriter.create(
                        new HadoopConf(new Configuration()),
                        new org.apache.hadoop.fs.Path(path.toUri()),
                        List.of(
                                new ParquetTableWriter.Column("head", ParquetTableWriter.Type.INT),
                                new ParquetTableWriter.Column("pos", ParquetTableWriter.Type.LONG),
                                new ParquetTableWriter.Column("q", ParquetTableWriter.Type.FLOAT_VECTOR),
                                new ParquetTableWriter.Column("k", ParquetTableWriter.Type.FLOAT_VECTOR),
                                new ParquetTableWriter.Column("v", ParquetTableWriter.Type.FLOAT_VECTOR)),
                        "none",
                        Map.of())) {
            int width = head.width;
            long tile = arena.allocate(3L * GROUP * width, Precision.FLOAT);
            int[] heads = new int[GROUP];
            long[] positions = new long[GROUP];
            java.util.Arrays.fill(heads, head.index);
            for (int from = 0; from < count; from += GROUP) {
                int some = Math.min(GROUP, count - from);
                for (int i = 0; i < some; i++) {
                    positions[i] = first + from + i;
                    float[] row = head.row(positions[i]);
                    OffHeap.put(tile + 12L * i * width, row, 0, 3 * width);
                }
                writer.rowGroup(
                        some,
                        List.of(
                                new ColumnData.Ints(heads),
                                new ColumnData.Longs(positions),
                                new ColumnData.VectorData(tile, width, 3 * width, Precision.FLOAT),
                                new ColumnData.VectorData(tile + 4L * width, width, 3 * width, Precision.FLOAT),
                                new ColumnData.VectorData(tile + 8L * width, width, 3 * width, Precision.FLOAT)));
            }
            writer.finish();
        }
    }

    /** Makes rows of a head: q, k and v one after the other. */
    private static final class Head {
        private final int index;
        private final int rows;
        private final int width;
        private final Philox random;
        private final float[][] basis = new float[WAVES][];
        private final double[] noise;
        private final float[] row;

        Head(int index, int rows, int width) {
            this.index = index;
            this.rows = rows;
            this.width = width;
            random = new Philox(5, index);
            noise = new double[3 * width + width % 2];
            row = new float[3 * width];
            Philox directions = new Philox(6, index);
            double[] drawn = new double[2 * width];
            // c(t) has a length of 2, so an entry of B c(t) has 2 / sqrt(8) times the spread of an entry of B.
            for (int w = 0; w < WAVES; w++) {
                directions.gaussians(w, 0, drawn, 0, 2 * width);
                basis[w] = new float[3 * width];
                for (int j = 0; j < 3 * width; j++) {
                    double size = j < 2 * width ? WAVE : 1;
                    basis[w][j] = (float) (size * drawn[j < width ? j : j - width] / 2);
                }
            }
        }

        float[] row(long position) {
            random.gaussians(position, 0, noise, 0, noise.length);
            for (int j = 0; j < 3 * width; j++) {
                row[j] = (float) (noise[j] * (j < 2 * width ? NOISE : 1));
            }
            for (int w = 0; w < WAVES; w++) {
                double angle = 2 * Math.PI * (w / 2 + 1) * position / rows;
                float wave = (float) (w % 2 == 0 ? Math.cos(angle) : Math.sin(angle));
                for (int j = 0; j < 3 * width; j++) {
                    row[j] += wave * basis[w][j];
                }
            }
            return row;
        }
    }
}
