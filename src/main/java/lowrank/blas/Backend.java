package lowrank.blas;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which implementation of {@link Blas} runs: {@code AUTO} takes the bundled OpenBLAS and falls back to Java with a warning;
 * a forced choice that cannot be had is an error. Loaded, self-tested and logged once per process.
 */
public enum Backend {
    AUTO {
        @Override
        public Blas blas() {
            return Automatic.BLAS;
        }
    },
    OPENBLAS {
        @Override
        public Blas blas() {
            if (Native.FAILURE != null) {
                throw new IllegalStateException("blocks.blas = openblas, but OpenBLAS cannot be used here ("
                        + Native.FAILURE + "); set blocks.blas = auto to fall back to Java");
            }
            return Native.BLAS;
        }
    },
    JAVA {
        @Override
        public Blas blas() {
            return Plain.BLAS;
        }
    };

    /** What this process uses; set once per job, on the driver and by the first task on an executor. */
    private static volatile Backend chosen = AUTO;

    /** The implementation behind this choice. */
    public abstract Blas blas();

    /** Makes a choice for this process; an implementation that cannot be had fails here. */
    public static void choose(Backend backend) {
        backend.blas();
        chosen = backend;
    }

    /** The choice in force. */
    public static Backend chosen() {
        return chosen;
    }

    /** The implementation in force. */
    public static Blas current() {
        return chosen.blas();
    }

    /** Why the bundled OpenBLAS cannot be used in this process: what did not load, or which self-test it failed; or null. */
    public static String problem() {
        return Native.FAILURE;
    }

    /** {@code auto}, {@code openblas} or {@code java}. */
    public static Backend of(String name) {
        for (Backend backend : values()) {
            if (backend.name().equalsIgnoreCase(name)) {
                return backend;
            }
        }
        throw new IllegalArgumentException("BLAS back-end " + name + " is not known; known are "
                + Arrays.stream(values())
                        .map(backend -> backend.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", ")));
    }

    private static final class Native {
        static final Blas BLAS;
        static final String FAILURE;

        static {
            Blas blas = null;
            String failure = null;
            try {
                blas = new OpenBlas();
                BundledLibrary.publish();
                failure = SelfTest.failure(blas);
            } catch (LinkageError | RuntimeException e) {
                failure = e.toString();
            }
            BLAS = blas;
            FAILURE = failure;
        }
    }

    private static final class Plain {
        static final Blas BLAS = new JavaBlas();
    }

    private static final class Automatic {
        static final Blas BLAS;

        static {
            Logger log = LoggerFactory.getLogger(Backend.class);
            if (Native.FAILURE == null) {
                BLAS = Native.BLAS;
                log.info("BLAS: {}", BLAS.description());
            } else {
                BLAS = Plain.BLAS;
                log.warn(
                        "BLAS: OpenBLAS cannot be used ({}); falling back to Java, about 7 times slower",
                        Native.FAILURE);
            }
        }
    }
}
