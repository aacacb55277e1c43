package lowrank.kernel;

import java.util.List;
import lowrank.linalg.Matrix;

/**
 * The one place where names become random feature maps. A map is a function of (name, kernel, inputs, size, seed), which is all that a
 * model needs to keep; W itself is made again wherever it is used.
 */
public final class RandomFeatures {
    private static final String TENSOR_SKETCH = "tensor-sketch";
    private static final String POSITIVE = "positive";

    /** Samples of the additive map under an exponential chi-squared kernel. */
    private static final int CHI2_SAMPLES = 4;

    /** Beyond, rows of features are larger than any block. */
    private static final int MOST = 1 << 24;

    private RandomFeatures() {}

    /** The names of {@code features.map} that are made here. */
    public static List<String> names() {
        return List.of("fourier", "orthogonal", "structured", TENSOR_SKETCH, POSITIVE);
    }

    /** Maps that a kernel has, the one to take first by default. */
    public static List<String> of(Kernel kernel) {
        if (kernel instanceof Polynomial) {
            return List.of(TENSOR_SKETCH);
        }
        if (kernel instanceof Exponential) {
            return List.of(POSITIVE);
        }
        if (kernel instanceof AdditiveChi2 || kernel instanceof ShiftInvariant shift && !shift.isotropic()) {
            return List.of("fourier");
        }
        return kernel instanceof Gaussian
                ? List.of("fourier", "orthogonal", "structured", POSITIVE)
                : List.of("fourier", "orthogonal", "structured");
    }

    /**
     * Refuses a map that is not known or that the kernel does not have.
     *
     * @throws IllegalArgumentException naming the key
     */
    public static void require(String map, Kernel kernel) {
        if (!names().contains(map)) {
            throw new IllegalArgumentException(
                    "features.map = " + map + " is not known; choose one of " + String.join(", ", names()));
        }
        if (!of(kernel).contains(map)) {
            throw new IllegalArgumentException("features.map = " + map + " does not apply to kernel.name = "
                    + kernel.name() + "; use " + String.join(", ", of(kernel)) + " or nystrom");
        }
    }

    /**
     * A map.
     *
     * <ul>
     *   <li>{@code fourier}, {@code orthogonal}, {@code structured}: cosines and sines for kernels of x - y, steps or rectified units for
     *       arc-cosine kernels, with independent, orthogonal or structured frequencies; the samples of the additive chi-squared kernel,
     *       which has no frequencies to draw, and frequencies of these for the exponential one
     *   <li>{@code tensor-sketch}: polynomial
     *   <li>{@code positive}: exponential, Gaussian
     * </ul>
     *
     * @param inputs values of a row
     * @param size features D
     * @throws IllegalArgumentException naming the key, when the map is not known, does not apply to the kernel or cannot have this size
     */
    public static FeatureMap of(String map, Kernel kernel, int inputs, int size, long seed) {
        require(map, kernel);
        if (size < 1 || size > MOST) {
            throw new IllegalArgumentException("features.size must lie between 1 and " + MOST + ", not be " + size);
        }
        if (kernel instanceof Polynomial polynomial) {
            return new TensorSketch(polynomial, inputs, size, seed);
        }
        if (map.equals(POSITIVE)) {
            return positive(kernel, inputs, size, seed, false);
        }
        if (kernel instanceof AdditiveChi2) {
            return additive(inputs, size);
        }
        Directions directions = directions(map);
        if (kernel instanceof ArcCosine arcCosine) {
            return new ArcCosineFeatures(arcCosine, Projection.of(directions, new Gaussian(1), inputs, size, seed));
        }
        if (kernel instanceof ExponentialChi2 chi2) {
            // |z(x) - z(y)|^2 of the additive features is sum (x - y)^2 / (x + y): the rest is a Gaussian of them.
            FeatureMap additive = new AdditiveChi2Features(inputs, CHI2_SAMPLES);
            Gaussian gaussian = new Gaussian(Math.sqrt(chi2.bandwidth() / 2));
            return new Stages(kernel, additive, fourier(gaussian, directions, additive.size(), size, seed));
        }
        return fourier((ShiftInvariant) kernel, directions, inputs, size, seed);
    }

    /**
     * Positive features, which have no negative values.
     *
     * @param kernel exponential or Gaussian
     * @param orthogonal whether the frequencies of as many features as there are inputs are orthogonal, which lowers the variance
     */
    public static FeatureMap positive(Kernel kernel, int inputs, int size, long seed, boolean orthogonal) {
        Directions directions = orthogonal ? Directions.ORTHOGONAL : Directions.INDEPENDENT;
        Projection projection =
                Projection.of(directions, PositiveFeatures.law(kernel), inputs, half(size, POSITIVE), seed);
        return new PositiveFeatures(kernel, projection, 0, false);
    }

    /**
     * Frequencies of N(0, I), a column each: as many columns as there are inputs are orthogonal to each other where that is asked for. Those
     * of the maps of this class with the same seed.
     */
    public static Matrix frequencies(int inputs, int count, boolean orthogonal, long seed) {
        return new DenseProjection(new Gaussian(1), inputs, count, orthogonal, seed).frequencies();
    }

    /** The logarithms of positive features, which cannot overflow. */
    public static FeatureMap logarithms(FeatureMap positive) {
        return requirePositive(positive).asLogarithms();
    }

    /**
     * Positive features times exp(-logarithm), so that inner products are the kernel times exp(-2 logarithm): with the largest logarithm
     * over all rows ({@link LargestPass}) no feature exceeds 1.
     */
    public static FeatureMap shifted(FeatureMap positive, double logarithm) {
        return requirePositive(positive).less(logarithm);
    }

    private static PositiveFeatures requirePositive(FeatureMap map) {
        if (map instanceof PositiveFeatures positive) {
            return positive;
        }
        throw new IllegalArgumentException(
                "features.map must be positive for features with logarithms, which those of kernel.name = "
                        + map.kernel().name() + " do not have here");
    }

    private static FeatureMap fourier(ShiftInvariant kernel, Directions directions, int inputs, int size, long seed) {
        return new Fourier(kernel, Projection.of(directions, kernel, inputs, half(size, directions.map()), seed));
    }

    private static Directions directions(String map) {
        for (Directions directions : Directions.values()) {
            if (directions.map().equals(map)) {
                return directions;
            }
        }
        throw new IllegalArgumentException("features.map = " + map + " has no frequencies");
    }

    private static int half(int size, String map) {
        if (size % 2 != 0) {
            throw new IllegalArgumentException("features.size must be even for features.map = " + map
                    + ", whose features come in pairs, not " + size);
        }
        return size / 2;
    }

    private static FeatureMap additive(int inputs, int size) {
        int each = size / inputs;
        if (each * inputs != size || each % 2 == 0) {
            int lower = Math.max(1, (each + 1) / 2 * 2 - 1);
            throw new IllegalArgumentException("features.size must be an odd multiple of the " + inputs
                    + " inputs for kernel.name = additive-chi2, such as " + (long) inputs * lower + " or "
                    + (long) inputs * (lower + 2) + ", not " + size);
        }
        return new AdditiveChi2Features(inputs, (each + 1) / 2);
    }
}
