package lowrank.models;

import java.util.List;

/** Embeddings of sentences, of length one, and their cosines. */
public final class Sentences {
    /** Ten short ones. */
    public static final List<String> TEXTS = List.of(
            "Apache Spark distributes a matrix over many machines.",
            "The singular values of a matrix fall quickly.",
            "A cat sleeps on the warm window sill.",
            "The train to the coast leaves at noon.",
            "She paid for the book with two coins.",
            "Rain is expected in the mountains tomorrow.",
            "The court found that the contract was void.",
            "Olive oil and lemon make a simple dressing.",
            "Vaccines protect children against measles.",
            "The orchestra rehearsed the second movement twice.");

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
