package lowrank.kernel;

/** |x - y|^2 as it is: not a kernel, but what k-means asks {@link CrossKernel} for. */
record SquaredDistance() implements Kernel {
    @Override
    public String name() {
        return "squared distance";
    }

    @Override
    public Form form() {
        return Form.SQUARED_DISTANCE;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {}

    @Override
    public double self(double size) {
        return 0;
    }
}
