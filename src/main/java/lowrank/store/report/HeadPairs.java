package lowrank.store.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * How much earlier heads compose with later ones, of one kind: the strongest pairs by name, and of all pairs the picture. Where heads are
 * many, the picture holds the strongest pair of each two layers.
 */
public final class HeadPairs {
    /** More rows and columns are not told apart. */
    private static final int DRAWN = 192;

    /**
     * Two heads.
     *
     * @param score their composition
     */
    public record Pair(int fromLayer, int fromHead, int toLayer, int toHead, double score) {
        /** By falling score, then by place. */
        static final Comparator<Pair> ORDER = Comparator.comparingDouble(Pair::score)
                .reversed()
                .thenComparingInt(Pair::fromLayer)
                .thenComparingInt(Pair::fromHead)
                .thenComparingInt(Pair::toLayer)
                .thenComparingInt(Pair::toHead);

        /** The name of the earlier head. */
        public String from() {
            return name(fromLayer, fromHead);
        }

        /** The name of the later head. */
        public String to() {
            return name(toLayer, toHead);
        }
    }

    private final String kind;
    private final int[] layers;
    private final int heads;
    private final double random;
    private final int most;
    private final PriorityQueue<Pair> strongest = new PriorityQueue<>(Pair.ORDER.reversed());
    private final int layersOfBin;
    private final double[][] largest;
    private long count;
    private long twice;

    /**
     * Nothing yet.
     *
     * @param kind Q, K or V
     * @param layers their numbers, ascending
     * @param heads of each
     * @param random what random matrices would score
     * @param most pairs that are named
     */
    public HeadPairs(String kind, int[] layers, int heads, double random, int most) {
        this.kind = kind;
        this.layers = layers.clone();
        this.heads = heads;
        this.random = random;
        this.most = most;
        layersOfBin = (long) layers.length * heads <= DRAWN ? 0 : (layers.length + DRAWN - 1) / DRAWN;
        int bins = layersOfBin == 0 ? layers.length * heads : (layers.length + layersOfBin - 1) / layersOfBin;
        largest = new double[bins][bins];
        for (double[] row : largest) {
            Arrays.fill(row, Double.NaN);
        }
    }

    /** The name of a head, both numbers counted from 0 as in the tables. */
    public static String name(int layer, int head) {
        return "L" + layer + "H" + head;
    }

    /** Takes a pair into account. */
    public void add(int fromLayer, int fromHead, int toLayer, int toHead, double score) {
        count++;
        if (Double.isNaN(score)) {
            return;
        }
        twice += score > 2 * random ? 1 : 0;
        Pair weakest = strongest.peek();
        if (strongest.size() < most || score >= weakest.score()) {
            strongest.add(new Pair(fromLayer, fromHead, toLayer, toHead, score));
            if (strongest.size() > most) {
                strongest.remove();
            }
        }
        double[] row = largest[bin(fromLayer, fromHead)];
        int col = bin(toLayer, toHead);
        row[col] = Double.isNaN(row[col]) ? score : Math.max(row[col], score);
    }

    private int bin(int layer, int head) {
        int index = Arrays.binarySearch(layers, layer);
        return layersOfBin == 0 ? index * heads + head : index / layersOfBin;
    }

    /** The pairs of the highest scores, the highest first. */
    public List<Pair> strongest() {
        List<Pair> pairs = new ArrayList<>(strongest);
        pairs.sort(Pair.ORDER);
        return pairs;
    }

    /** Q, K or V. */
    public String kind() {
        return kind;
    }

    int[] layers() {
        return layers;
    }

    int heads() {
        return heads;
    }

    /** What random matrices would score. */
    public double random() {
        return random;
    }

    long count() {
        return count;
    }

    /** Pairs with more than twice what random matrices score. */
    long twice() {
        return twice;
    }

    /** Layers in a row of the picture; 0 where each head has its own. */
    int layersOfBin() {
        return layersOfBin;
    }

    /** The largest score in a cell, NaN where there are no pairs. */
    double[][] largest() {
        return largest;
    }

    /** The cells of a pair: row, column. */
    int[] place(Pair pair) {
        return new int[] {bin(pair.fromLayer(), pair.fromHead()), bin(pair.toLayer(), pair.toHead())};
    }
}
