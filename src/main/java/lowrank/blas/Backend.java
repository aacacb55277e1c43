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

    /** The implementation behind this choice. */
    public abstract Blas blas();

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
