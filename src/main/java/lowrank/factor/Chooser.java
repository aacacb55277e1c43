package lowrank.factor;

import java.util.List;

/** Which algorithm factors a matrix: a function of its shape and of what is asked for, never of what a machine can do. */
public final class Chooser {
    /** Beyond, the packed triangle of R outgrows what a driver should hold. */
    public static final int TRIANGLE_COLS = 16_383;

    /** Up to this multiple of the sketch, the triangle of all columns costs less than several reads. */
    private static final int NARROW = 6;

    private Chooser() {}

    /**
     * An algorithm.
     *
     * @param reasons why this one, for plan and manifest
     */
    public record Choice(SvdAlgorithm algorithm, List<String> reasons) {}

    /**
     * Decides.
     *
     * @param algorithm {@code auto}, {@code tsqr}, {@code block-krylov}, {@code gram} or {@code lapack}
     * @param sketch for block-krylov
     * @throws IllegalArgumentException when more values are asked for than there are; its subclass {@link UnsuitableException} when the
     *     shape is beyond the algorithm
     */
    public static Choice choose(
            String algorithm,
            long rows,
            int cols,
            RankRule rank,
            boolean center,
            boolean scale,
            boolean leftVectors,
            Sketch sketch) {
        long most = Math.min(rows, cols);
        if (rank instanceof RankRule.Fixed fixed && fixed.rank() > most) {
            throw new IllegalArgumentException("factor.rank = " + fixed.rank() + " is more than the " + most
                    + " singular values of a " + rows + " x " + cols + " matrix; use at most " + most + " or full");
        }
        String name = algorithm;
        String reason = "as asked for";
        if (algorithm.equals("auto")) {
            name = automatic(rows, cols, rank, sketch);
            reason = reason(name, rows, cols, rank, sketch);
        }
        SvdAlgorithm chosen = switch (name) {
            case "lapack" -> new Lapack(rank, center, scale, leftVectors);
            case "tsqr" -> new Tsqr(rank, center, scale, leftVectors);
            case "gram" -> new Gram(rank, center, scale, leftVectors);
            case "block-krylov" -> krylov(rows, cols, rank, center, scale, leftVectors, sketch);
            default ->
                throw new IllegalArgumentException("factor.algorithm = " + algorithm
                        + " is not known; known are auto, tsqr, block-krylov, gram, lapack");
        };
        requireSuitable(name, rows, cols, rank);
        return new Choice(chosen, List.of(name + ": " + reason));
    }

    private static String automatic(long rows, int cols, RankRule rank, Sketch sketch) {
        if (isSmall(rows, cols)) {
            return "lapack";
        }
        if (rank instanceof RankRule.Full && rows < cols) {
            throw new UnsuitableException(wide(rows, cols));
        }
        boolean whole = !(rank instanceof RankRule.Fixed);
        boolean narrow = rank instanceof RankRule.Fixed fixed && cols <= width(fixed, sketch);
        if (cols <= TRIANGLE_COLS && (whole || narrow)) {
            return "tsqr";
        }
        if (rank instanceof RankRule.Full) {
            throw new UnsuitableException(wide(rows, cols));
        }
        return "block-krylov";
    }

    private static boolean isSmall(long rows, int cols) {
        return rows <= Lapack.ENTRIES / cols;
    }

    private static long width(RankRule.Fixed fixed, Sketch sketch) {
        return (long) NARROW * (fixed.rank() + sketch.oversampling());
    }

    private static String reason(String name, long rows, int cols, RankRule rank, Sketch sketch) {
        String shape = rows + " x " + cols;
        if (name.equals("lapack")) {
            return shape + " is at most " + Lapack.ENTRIES + " entries";
        }
        if (rank instanceof RankRule.Fixed fixed) {
            return cols + " columns are " + (name.equals("tsqr") ? "at most " : "more than ")
                    + Math.min(TRIANGLE_COLS, width(fixed, sketch))
                    + (width(fixed, sketch) <= TRIANGLE_COLS
                            ? ", " + NARROW + " times rank + oversampling"
                            : ", the most of a triangle on the driver");
        }
        return cols + " columns are " + (name.equals("tsqr") ? "at most " : "more than ") + TRIANGLE_COLS
                + ", the most of a triangle on the driver";
    }

    private static BlockKrylov krylov(
            long rows, int cols, RankRule rank, boolean center, boolean scale, boolean leftVectors, Sketch sketch) {
        if (rank instanceof RankRule.Full) {
            throw new UnsuitableException("block-krylov finds leading singular values only; use factor.algorithm = tsqr"
                    + " for factor.rank = full");
        }
        BlockKrylov krylov = new BlockKrylov(rank, center, scale, leftVectors, sketch);
        if (!krylov.isAddressable(rows, cols)) {
            throw new UnsuitableException("block-krylov keeps (power iterations + 1) (rank + oversampling) vectors of "
                    + cols + " columns on the driver, which here is more than a Java array holds; lower factor.rank");
        }
        return krylov;
    }

    private static void requireSuitable(String name, long rows, int cols, RankRule rank) {
        if (name.equals("lapack") && !isSmall(rows, cols)) {
            throw new UnsuitableException("lapack takes at most " + Lapack.ENTRIES + " entries, the input is " + rows
                    + " x " + cols + "; use factor.algorithm = auto");
        }
        if ((name.equals("tsqr") || name.equals("gram")) && cols > TRIANGLE_COLS) {
            throw new UnsuitableException(name + " takes at most " + TRIANGLE_COLS + " columns, the input has " + cols
                    + "; use block-krylov with a rank, or transpose the input if it has fewer rows");
        }
        if (rank instanceof RankRule.Full && rows < cols && !isSmall(rows, cols)) {
            throw new UnsuitableException(wide(rows, cols));
        }
    }

    private static String wide(long rows, int cols) {
        return rows < cols
                ? "factor.rank = full of a wide " + rows + " x " + cols
                        + " matrix is not offered; transpose the input (U and V change places), or ask for a rank"
                : "factor.rank = full takes at most " + TRIANGLE_COLS + " columns, the input has " + cols
                        + "; ask for a rank";
    }
}
