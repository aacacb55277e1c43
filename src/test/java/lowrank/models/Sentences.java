package lowrank.models;

/** Embeddings of sentences, of length one, and their cosines. */
public final class Sentences {
    private Sentences() {}

    /** The state of the first token, as bge takes it. */
    public static double[] first(float[][] states) {
        double[] sum = new double[states[0].length];
        add(sum, states[0]);
        return unit(sum);
    }

    /** The mean of all states, as MiniLM takes it. */
    public static double[] mean(float[][] states) {
        double[] sum = new double[states[0].length];
        for (float[] state : states) {
            add(sum, state);
        }
        return unit(sum);
    }

    private static void add(double[] sum, float[] state) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] += state[j];
        }
    }

    private static double[] unit(double[] x) {
        double norm = Math.sqrt(cosine(x, x));
        for (int j = 0; j < x.length; j++) {
            x[j] /= norm;
        }
        return x;
    }

    /** x.y, of unit vectors. */
    public static double cosine(double[] x, double[] y) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            sum += x[j] * y[j];
        }
        return sum;
    }
}
