package lowrank.jobs;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lowrank.certify.Measure;
import lowrank.io.HadoopConf;
import lowrank.spark.SharedSpark;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;

/** Runs command lines in this process, on the shared session, and keeps what they print. */
record Cli(int code, String out, String err) {

    static Cli run(String... args) {
        SharedSpark.session();
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            int code = Main.execute(args);
            return new Cli(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
        }
    }

    /** {@code run} on an empty spec with these keys set. */
    static Cli job(Path folder, String... pairs) throws java.io.IOException {
        Path spec = folder.resolve("job.conf");
        Files.writeString(spec, "");
        List<String> args = new ArrayList<>(List.of("run", spec.toString()));
        for (String pair : pairs) {
            args.add("--set");
            args.add(pair);
        }
        return run(args.toArray(String[]::new));
    }

    /** The last line of standard output. */
    String lastLine() {
        return out.lines().reduce("", (a, b) -> b);
    }

    /** The last line of standard error: the message of a failure. */
    String message() {
        return err.lines().filter(line -> line.startsWith("lowrank: ")).reduce("", (a, b) -> b);
    }

    static Manifest manifest(Path output) throws java.io.IOException {
        return OutputFolder.read(new HadoopConf(new Configuration()), output.toString())
                .manifest();
    }

    /** A figure of a result's findings. */
    static double measure(Path output, String name) throws java.io.IOException {
        return manifest(output).findings().measures().stream()
                .filter(measure -> measure.name().equals(name))
                .mapToDouble(Measure::value)
                .findFirst()
                .orElseThrow();
    }
}
