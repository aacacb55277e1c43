package lowrank.store;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who stages a result, as part of the folder's own name, so that there is never a folder without it: host, process, start. */
final class Owner {
    private static final Pattern NAME = Pattern.compile("(.+)-(\\d+)-(\\d+)-[0-9a-f]{32}");

    private Owner() {}

    /** The name of this process; no two are equal. */
    static String name() {
        ProcessHandle self = ProcessHandle.current();
        return host().orElse("unknown") + "-" + self.pid() + "-" + started(self) + "-"
                + UUID.randomUUID().toString().replace("-", "");
    }

    /** Whether the process of a name has ended; empty where that cannot be told from here. */
    static Optional<Boolean> isGone(String name) {
        Matcher owner = NAME.matcher(name);
        if (!owner.matches() || !Optional.of(owner.group(1)).equals(host())) {
            return Optional.empty();
        }
        // A process of the same number that began at another time is another one.
        return Optional.of(ProcessHandle.of(Long.parseLong(owner.group(2)))
                .map(process -> started(process) != Long.parseLong(owner.group(3)))
                .orElse(true));
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    /** The name of this machine; empty where it has none of its own, as in many containers. */
    private static Optional<String> host() {
        try {
            return Optional.of(InetAddress.getLocalHost().getHostName()).filter(name -> !name.equals("localhost"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
