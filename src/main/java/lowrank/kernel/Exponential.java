package lowrank.kernel;

import java.util.Map;
import lowrank.blas.VectorMath;

/**
 * k(x, y) = exp(x'y / T): the unnormalised weights of softmax attention.
 *
 * @param temperature T
 */
public record Exponential(double temperature) implements Kernel {
    static final String NAME = "exponential";

    public Exponential {
        Parameter.requirePositive("temperature", temperature);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Map<String, Double> parameters() {
        return Map.of("temperature", temperature);
    }

    @Override
    public Form form() {
        return Form.PRODUCT;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        for (int j = from; j < from + count; j++) {
            values[j] = values[j] / temperature;
        }
        VectorMath.exp(values, from, count);
    }

    @Override
    public double self(double size) {
        double[] value = {size / temperature};
        VectorMath.exp(value, 0, 1);
        return value[0];
    }
}
