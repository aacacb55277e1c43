package lowrank.jobs;

import java.io.FileNotFoundException;
import java.util.Locale;
import java.util.concurrent.Callable;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.io.TensorWriter;
import lowrank.store.Conversion;
import lowrank.store.OutputFolder;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "convert",
        description = "Writes the factors of a result as .npy, Arrow IPC, CSV or safetensors.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ConvertCommand implements Callable<Integer> {
    @Parameters(paramLabel = "OUT", description = "The folder of a result.")
    private String path;

    @Option(names = "--to", required = true, paramLabel = "FORMAT", description = "npy, arrow, csv or safetensors.")
    private TensorWriter.Format format;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "The folder of the files, which must not exist (default: OUT-FORMAT).")
    private String output;

    @Override
    public Integer call() {
        HadoopConf conf = SpecFiles.hadoop(new SparkConf());
        OutputFolder.Result result;
        try {
            result = OutputFolder.read(conf, path);
        } catch (FileNotFoundException e) {
            throw new MissingInputException(e.getMessage());
        }
        String beside = path.replaceFirst("/+$", "") + "-" + format.name().toLowerCase(Locale.ROOT);
        try (OutputFolder out = OutputFolder.at(conf, output == null ? beside : output, OutputFolder.Mode.FAIL)) {
            out.begin();
            Conversion.write(conf, result, out, format);
            out.publish();
            Main.resultLine("complete", ExitCode.DONE, out.path());
            return ExitCode.DONE.code();
        }
    }
}
