package lowrank.jobs;

import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.linalg.NumericalException;
import lowrank.spark.MatrixTasks;
import lowrank.spark.PassLog;
import lowrank.store.Checksum;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.spark.api.java.JavaSparkContext;

/** Whether all files of all tables of a result hold the bytes that were written. */
final class StoredFiles {
    private StoredFiles() {}

    /**
     * Reads all of them, a task each.
     *
     * @throws NumericalException naming the first that is another
     */
    static void require(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result, Checks checks) {
        List<Manifest.Part> parts = result.manifest().factors().values().stream()
                .flatMap(factor -> factor.files().stream())
                .toList();
        String folder = result.path();
        List<MatrixTasks.Item<Manifest.Part>> items = parts.stream()
                .map(part -> new MatrixTasks.Item<>(
                        part, part.bytes() / Double.BYTES, MatrixTasks.READING * part.bytes() / Double.BYTES))
                .toList();
        List<String> wrong = items.isEmpty()
                ? List.of()
                : MatrixTasks.run(
                                spark,
                                "files",
                                items,
                                (part, arena) ->
                                        Checksum.wrong(conf, folder, part).orElse(null),
                                new PassLog())
                        .of();
        String first = null;
        for (int i = 0; i < parts.size(); i++) {
            if (wrong.get(i) != null) {
                String sentence = folder + "/" + parts.get(i).path() + " " + wrong.get(i);
                checks.say("file", sentence);
                first = first == null ? sentence : first;
            }
        }
        if (first != null) {
            throw new NumericalException(first + "; run the job again");
        }
        checks.say("files", parts.size() + " with the bytes that were written");
    }
}
