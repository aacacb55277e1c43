package lowrank.factor;

/**
 * The first columns of the cosine transform of type IV of order m: Q(i, j) = sqrt(2/m) cos(pi/m (i + 1/2)(j + 1/2)). They
 * are exactly orthonormal, and any row can be had alone.
 *
 * <p>The angle is (2i+1)(2j+1) in units of pi/(4m), a circle has 8m units: whole numbers, reduced without rounding however
 * large m is. Cosines come from two tables of about sqrt(8m) entries by the addition theorem, since one
 * {@link StrictMath#cos} for every entry would cost more than the product that follows; an entry is off by at most a few
 * units of roundoff times sqrt(2/m).
 */
final class CosineFactor {
    private final int cols;
    private final long circle;
    private final double scale;
    private final int lowBits;
    private final double[] coarseCos;
    private final double[] coarseSin;
    private final double[] fineCos;
    private final double[] fineSin;

    CosineFactor(long order, int cols) {
        this.cols = cols;
        circle = Math.multiplyExact(8, order);
        Math.multiplyExact(circle, 2L * cols); // steps stay below this
        scale = Math.sqrt(2.0 / order);
        lowBits = (64 - Long.numberOfLeadingZeros(circle)) / 2;
        int coarse = Math.toIntExact((circle >> lowBits) + 1);
        coarseCos = new double[coarse];
        coarseSin = new double[coarse];
        for (int i = 0; i < coarse; i++) {
            coarseCos[i] = cos((long) i << lowBits);
            coarseSin[i] = sin((long) i << lowBits);
        }
        int fine = 1 << lowBits;
        fineCos = new double[fine];
        fineSin = new double[fine];
        for (int i = 0; i < fine; i++) {
            fineCos[i] = cos(i);
            fineSin[i] = sin(i);
        }
    }

    /** target[from + j] = Q(row, j) for all columns. */
    void row(long row, double[] target, int from) {
        long angle = (2 * row + 1) % circle;
        long step = 2 * angle % circle;
        long mask = (1L << lowBits) - 1;
        for (int j = 0; j < cols; j++) {
            int high = (int) (angle >>> lowBits);
            int low = (int) (angle & mask);
            target[from + j] = scale * (coarseCos[high] * fineCos[low] - coarseSin[high] * fineSin[low]);
            angle += step;
            if (angle >= circle) {
                angle -= circle;
            }
        }
    }

    /** The cosine of so many units, from an argument of at most pi/4. */
    private double cos(long units) {
        long half = circle / 2;
        long q = units % circle;
        q = q > half ? circle - q : q;
        boolean negative = q > half / 2;
        q = negative ? half - q : q;
        double cos = q > half / 4 ? StrictMath.sin(radians(half / 2 - q)) : StrictMath.cos(radians(q));
        return negative ? -cos : cos;
    }

    /** The sine is the cosine a quarter of a circle earlier. */
    private double sin(long units) {
        return cos(units + circle - circle / 4);
    }

    private double radians(long units) {
        return 2 * Math.PI * units / circle;
    }
}
