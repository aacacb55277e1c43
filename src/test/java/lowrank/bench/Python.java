package lowrank.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs a peer in a Python process of its own, which may use both cores, and reads the numbers that it prints. */
final class Python {
    private Python() {}

    /** Numbers that a script of {@code scripts/lib} prints; the interpreter is $PYTHON or python3. */
    static double[] run(String script, String... args) throws IOException {
        String interpreter = System.getenv().getOrDefault("PYTHON", "python3");
        List<String> command = new ArrayList<>(List.of(
                interpreter,
                Path.of(System.getProperty("lowrank.bench"), script).toString()));
        command.addAll(List.of(args));
        ProcessBuilder python = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        python.environment().keySet().removeIf(key -> key.endsWith("_NUM_THREADS"));
        String printed = new String(python.start().getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim();
        if (printed.isEmpty()) {
            throw new IOException(script + " printed nothing; set PYTHON to an interpreter that has what it imports");
        }
        return Arrays.stream(printed.split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }
}
