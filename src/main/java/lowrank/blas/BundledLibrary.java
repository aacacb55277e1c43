package lowrank.blas;

import java.io.File;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/** The OpenBLAS library of this project as a file, for other users of BLAS in the same process. */
public final class BundledLibrary {
    private BundledLibrary() {}

    /**
     * Where the library was unpacked: the copy that {@link OpenBlas} itself is bound to, so that its one-thread setting holds
     * for others too. Empty where it cannot be loaded.
     */
    public static Optional<File> file() {
        try {
            File stub = new File(Loader.load(org.bytedeco.openblas.global.openblas_nolapack.class));
            File[] libraries = stub.getParentFile()
                    .listFiles((folder, name) -> name.matches("libopenblas_nolapack\\.(so.*|.*dylib)"));
            return libraries == null || libraries.length == 0 ? Optional.empty() : Optional.of(libraries[0]);
        } catch (LinkageError e) {
            return Optional.empty();
        }
    }

    /**
     * Tells netlib, which MLlib computes with, to take this library and not one of the system. Two OpenBLAS libraries in one process share
     * the names of their symbols: calls into one may end in kernels of the other, in a crash or in wrong numbers. netlib looks once, when
     * its first class loads; what a user has set stays as it is.
     */
    public static void publish() {
        file().map(File::getAbsolutePath).ifPresent(path -> {
            for (String library : new String[] {"blas", "lapack"}) {
                String key = "dev.ludovic.netlib." + library + ".nativeLibPath";
                if (System.getProperty(key) == null) {
                    System.setProperty(key, path);
                }
            }
        });
    }
}
