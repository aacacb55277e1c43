package lowrank.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who stages a result, as part of the folder's own name, so that there is never a folder without it: where process numbers
 * mean the same thing, the process, when it started, and a number of its own.
 *
 * <p>Names of hosts do not tell machines or containers apart. A process is looked for only under the kernel, since the boot,
 * and in the namespace of process numbers that the name says, and is gone only where none would be hidden from us. Elsewhere
 * nothing is known, and only the age of a folder speaks.
 */
final class Owner {
    private static final Path PROC = Path.of("/proc");
    private static final Pattern NAME = Pattern.compile("([0-9a-f]{16})-(\\d+)-(\\d+)-[0-9a-f]{32}");
    private static final String NOWHERE = "0".repeat(16);

    /** Where the time of the start stands after the name of a program, in ticks since the boot: no clock can move it. */
    private static final int START = 19;

    private Owner() {}

    /** The name of this process; no two are equal. */
    static String name() {
        long pid = ProcessHandle.current().pid();
        return scope().orElse(NOWHERE) + "-" + pid + "-" + started(pid).orElse(0L) + "-"
                + UUID.randomUUID().toString().replace("-", "");
    }

    /** Whether the process of a name has ended; empty where that cannot be told from here. */
    static Optional<Boolean> isGone(String name) {
        Matcher owner = NAME.matcher(name);
        if (!owner.matches() || !Optional.of(owner.group(1)).equals(scope()) || !Files.exists(PROC.resolve("1/stat"))) {
            return Optional.empty();
        }
        // A process of the same number that began at another time is another one.
        Optional<Long> start = started(Long.parseLong(owner.group(2)));
        return Optional.of(start.isEmpty() || start.get() != Long.parseLong(owner.group(3)));
    }

    private static Optional<Long> started(long pid) {
        try {
            String stat = Files.readString(PROC.resolve(pid + "/stat"));
            return Optional.of(
                    Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[START]));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Where a process number means one process: this boot of this kernel, this namespace. Empty on other systems than Linux. */
    private static Optional<String> scope() {
        try {
            String boot = Files.readString(PROC.resolve("sys/kernel/random/boot_id"));
            String space = Files.readSymbolicLink(PROC.resolve("self/ns/pid")).toString();
            return Optional.of(Digests.ofText(boot + space).substring(0, NOWHERE.length()));
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }
}
