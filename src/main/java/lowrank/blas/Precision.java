package lowrank.blas;

/** The floating-point type of values held off-heap. */
public enum Precision {
    FLOAT(4, 0x1p-24),
    DOUBLE(8, 0x1p-53);

    private final int bytes;
    private final double roundoff;

    Precision(int bytes, double roundoff) {
        this.bytes = bytes;
        this.roundoff = roundoff;
    }

    /** Bytes of one value. */
    public int bytes() {
        return bytes;
    }

    /** Unit roundoff: half the distance from 1 to the next larger number. */
    public double roundoff() {
        return roundoff;
    }
}
