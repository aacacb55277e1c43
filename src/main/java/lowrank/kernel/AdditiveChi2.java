package lowrank.kernel;

/** k(x, y) = sum 2 x_j y_j / (x_j + y_j), where 0/0 is 0, of rows without negative values: histograms, counts, bags of words. */
public record AdditiveChi2() implements Kernel {
    static final String NAME = "additive-chi2";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Form form() {
        return Form.HARMONIC;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        // The kernel is the form.
    }

    @Override
    public double self(double size) {
        return size;
    }
}
