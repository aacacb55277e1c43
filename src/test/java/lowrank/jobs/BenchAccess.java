package lowrank.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs commands inside the session of a benchmark. */
public final class BenchAccess {
    private BenchAccess() {}

    /** Runs a command line; anything but success ends the benchmark. */
    public static void command(String... args) {
        int code = Main.execute(args);
        if (code != 0) {
            throw new IllegalStateException(String.join(" ", args) + " ended with " + code);
        }
    }

    /** {@code run} with these keys. */
    public static void run(String... pairs) throws IOException {
        Path spec = Files.createTempFile("bench", ".conf");
        List<String> args = new ArrayList<>(List.of("run", spec.toString()));
        for (String pair : pairs) {
            args.add("--set");
            args.add(pair);
        }
        command(args.toArray(String[]::new));
        Files.delete(spec);
    }
}
