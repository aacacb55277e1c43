package lowrank.models;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.ColumnData;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.io.checkpoint.Activations;
import org.apache.hadoop.conf.Configuration;

/** Rows that go into each weight of an encoder while it reads texts: {@code FOLDER/NAME.parquet}, as compress takes them. */
public final class CalibrationFiles {
    private static final HadoopConf CONF = new HadoopConf(new Configuration());

    private CalibrationFiles() {}

    /**
     * Runs the model on texts and writes what goes into its weights; weights that share their input share the file.
     *
     * @param scratch for a copy of the model
     * @return rows that were written for each weight
     */
    public static long write(Path model, List<long[]> texts, Path scratch, Path folder) throws IOException {
        Map<String, String> inputs = Activations.names(model);
        List<String> values = inputs.values().stream().distinct().toList();
        Path open = scratch.resolve("open.onnx");
        Activations.addOutputs(model, open, values);
        Files.createDirectories(folder);
        Map<String, ParquetTableWriter> writers = new LinkedHashMap<>();
        Map<String, Path> files = new LinkedHashMap<>();
        for (Map.Entry<String, String> input : inputs.entrySet()) {
            files.computeIfAbsent(input.getValue(), value -> folder.resolve(input.getKey() + ".parquet"));
        }
        files.forEach((value, file) -> writers.put(value, writer(file)));
        long rows = 0;
        try (OnnxRun run = new OnnxRun(open);
                Arena arena = new Arena()) {
            for (long[] text : texts) {
                Map<String, float[][]> states = run.values(text, values);
                states.forEach((value, state) -> append(writers.get(value), state, arena));
                rows += text.length;
            }
            writers.values().forEach(ParquetTableWriter::finish);
        } finally {
            writers.values().forEach(ParquetTableWriter::close);
        }
        Files.delete(open);
        for (Map.Entry<String, String> input : inputs.entrySet()) {
            Path file = folder.resolve(input.getKey() + ".parquet");
            if (!Files.exists(file)) {
                Files.createLink(file, files.get(input.getValue()));
            }
        }
        return rows;
    }

    private static ParquetTableWriter writer(Path file) {
        return ParquetTableWriter.create(
                CONF,
                new org.apache.hadoop.fs.Path(file.toString()),
                List.of(new ParquetTableWriter.Column("features", ParquetTableWriter.Type.FLOAT_VECTOR)),
                "none",
                Map.of());
    }

    private static void append(ParquetTableWriter writer, float[][] rows, Arena arena) {
        int width = rows[0].length;
        long address = arena.allocate((long) rows.length * width, Precision.FLOAT);
        for (int i = 0; i < rows.length; i++) {
            OffHeap.put(address + 4L * i * width, rows[i], 0, width);
        }
        writer.rowGroup(rows.length, List.of(new ColumnData.VectorData(address, width, Precision.FLOAT)));
        arena.free(address);
    }
}
