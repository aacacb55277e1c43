package lowrank.jobs;

import java.util.Optional;
import org.apache.hadoop.fs.FSError;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/** The command line. */
@Command(
        name = "lowrank",
        description = "The low-rank engine for Apache Spark.",
        subcommands = {
            RunCommand.class,
            PlanCommand.class,
            ShowCommand.class,
            VerifyCommand.class,
            ConvertCommand.class,
            GenerateCommand.class,
            DoctorCommand.class,
            InitCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
public final class Main implements Runnable {
    @Option(names = "--debug", description = "Print stack traces.", scope = CommandLine.ScopeType.INHERIT)
    private boolean debug;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec command;

    private Main() {}

    /** Version of this build. */
    static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("development");
    }

    /** For {@code --version}. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"lowrank " + version()};
        }
    }

    @Override
    public void run() {
        command.commandLine().usage(System.out);
    }

    /** Runs a command line and returns its exit code; the last line on standard output is the result line. */
    static int execute(String... args) {
        Main main = new Main();
        try {
            return new CommandLine(main)
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .setParameterExceptionHandler((e, ignored) -> main.fail(e))
                    .setExecutionExceptionHandler((e, commandLine, result) -> main.fail(e))
                    .execute(args);
        } catch (OutOfMemoryError | FSError e) {
            // The command line handles exceptions alone; Hadoop makes an error of a full local disk.
            return main.fail(e);
        }
    }

    private int fail(Throwable failure) {
        ExitCode code = ExitCode.of(failure);
        System.err.println("lowrank: " + ExitCode.sentence(failure));
        if (debug) {
            failure.printStackTrace();
        }
        String output = failure instanceof RejectedException rejected ? rejected.place() : "-";
        resultLine(failure instanceof RejectedException ? "rejected" : "failed", code, output);
        return code.code();
    }

    /** The line a scheduler can rely on where exit codes do not arrive. */
    static void resultLine(String status, ExitCode code, String output) {
        System.out.println("LOWRANK RESULT status=" + status + " code=" + code.code() + " output=" + output);
        System.out.flush();
    }

    public static void main(String[] args) {
        // A standalone Worker gives the driver that it starts the secret of its cluster only through the environment.
        String secret = System.getenv("_SPARK_AUTH_SECRET");
        if (secret != null && System.getProperty("spark.authenticate.secret") == null) {
            System.setProperty("spark.authenticate.secret", secret);
        }
        int code = execute(args);
        if (code != 0) {
            System.exit(code);
        }
    }
}
