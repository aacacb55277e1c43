package lowrank.store.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Matrices of a model by kind and layer: names that differ in numbers alone are of one kind, the first number is the layer. Matrices of one
 * kind and layer (experts) share a place, as do several layers where they are many; so any model makes a grid of bounded size.
 */
public final class MatrixGrid {
    /** Kinds beyond so many, those of fewest matrices, have no row. */
    private static final int ROWS = 24;

    /** Layers beyond so many share columns. */
    private static final int COLUMNS = 120;

    private static final Pattern NUMBER = Pattern.compile("(?<=^|[._/])\\d{1,6}(?=[._/#]|$)");
    private static final int NO_LAYER = -1;

    /**
     * Matrices of one kind.
     *
     * @param name what their names have in common and others have not
     * @param members their indices
     */
    record Kind(String name, List<Integer> members) {}

    private final List<String> names;
    private final int[] layers;
    private final List<Kind> kinds;
    private final int allKinds;
    private final int[] columns;
    private final int layersOfColumn;

    private MatrixGrid(List<String> names, int[] layers, List<Kind> kinds, int allKinds) {
        this.names = new ArrayList<>(names);
        this.layers = layers;
        this.kinds = kinds;
        this.allKinds = allKinds;
        columns = new TreeSet<>(IntStream.of(layers).boxed().toList())
                .stream().mapToInt(Integer::intValue).toArray();
        layersOfColumn = (columns.length + COLUMNS - 1) / COLUMNS;
    }

    /** Sorts names of matrices. */
    public static MatrixGrid of(List<String> names) {
        int[] layers = new int[names.size()];
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < layers.length; i++) {
            Matcher matcher = NUMBER.matcher(names.get(i));
            layers[i] = matcher.find() ? Integer.parseInt(matcher.group()) : NO_LAYER;
            members.computeIfAbsent(matcher.replaceAll("*"), kind -> new ArrayList<>())
                    .add(i);
        }
        List<Map.Entry<String, List<Integer>>> largest = new ArrayList<>(members.entrySet());
        largest.sort(Comparator.comparingInt(entry -> -entry.getValue().size()));
        List<Map.Entry<String, List<Integer>>> shown =
                new ArrayList<>(largest.subList(0, Math.min(ROWS, largest.size())));
        shown.sort(Comparator.comparingInt(entry -> entry.getValue().get(0)));
        int front = common(shown.stream().map(Map.Entry::getKey).toList());
        List<Kind> kinds = shown.stream()
                .map(entry -> new Kind(shortened(entry.getKey(), front), entry.getValue()))
                .toList();
        return new MatrixGrid(names, layers, kinds, members.size());
    }

    /** How many letters all names begin with, up to the end of a word of theirs. */
    private static int common(List<String> names) {
        if (names.size() < 2) {
            return 0;
        }
        String first = names.get(0);
        int same = first.length();
        for (String name : names) {
            int i = 0;
            while (i < Math.min(same, name.length()) && name.charAt(i) == first.charAt(i)) {
                i++;
            }
            same = i;
        }
        return 1 + Math.max(first.lastIndexOf('.', same - 1), first.lastIndexOf('/', same - 1));
    }

    private static String shortened(String kind, int front) {
        String name = kind.substring(front);
        for (String end : List.of(".weight", "/kernel")) {
            name = name.endsWith(end) ? name.substring(0, name.length() - end.length()) : name;
        }
        return name;
    }

    /** Matrices in all. */
    int count() {
        return names.size();
    }

    /** Short names of matrices, where their kind has a row: the layer, then the kind. */
    private Map<Integer, String> shortNames() {
        Map<Integer, String> shorter = new HashMap<>();
        for (Kind kind : kinds) {
            for (int member : kind.members()) {
                shorter.put(member, layers[member] == NO_LAYER ? kind.name() : layers[member] + " · " + kind.name());
            }
        }
        return shorter;
    }

    /**
     * A table of the matrices with the largest and the smallest of some values; those that are not known are left out.
     *
     * @param most rows for either end
     * @param columns of numbers, the first of which orders
     */
    public Table extremes(int most, Map<String, double[]> columns) {
        double[] by = columns.values().iterator().next();
        List<Integer> order = IntStream.range(0, count())
                .filter(i -> !Double.isNaN(by[i]))
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -by[i]).thenComparingInt(i -> i))
                .toList();
        List<Integer> chosen = order.size() <= 2 * most
                ? order
                : Stream.concat(
                                order.subList(0, most).stream(),
                                order.subList(order.size() - most, order.size()).stream())
                        .toList();
        Map<Integer, String> shorter = shortNames();
        List<String> head = new ArrayList<>(List.of("layer · matrix"));
        head.addAll(columns.keySet());
        List<List<String>> rows = new ArrayList<>();
        for (int i : chosen) {
            if (rows.size() == most && chosen.size() < order.size()) {
                rows.add(Stream.concat(Stream.of("…"), columns.keySet().stream().map(column -> ""))
                        .toList());
            }
            rows.add(Stream.concat(
                            Stream.of(shorter.getOrDefault(i, names.get(i))),
                            columns.values().stream().map(column -> Numbers.counted(column[i])))
                    .toList());
        }
        return new Table(head, rows);
    }

    List<Kind> kinds() {
        return kinds;
    }

    /** The layer of a matrix, -1 where its name has no number. */
    int layer(int matrix) {
        return layers[matrix];
    }

    List<String> rows() {
        return kinds.stream().map(Kind::name).toList();
    }

    List<String> cols() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < columns.length; i += layersOfColumn) {
            names.add(columns[i] == NO_LAYER ? "–" : String.valueOf(columns[i]));
        }
        return names;
    }

    /** The largest value at each place, NaN where there is none. */
    double[][] largest(double[] values) {
        double[][] largest = new double[kinds.size()][cols().size()];
        for (int i = 0; i < largest.length; i++) {
            Arrays.fill(largest[i], Double.NaN);
            for (int member : kinds.get(i).members()) {
                int col = column(member);
                double value = values[member];
                if (!Double.isNaN(value) && !(value <= largest[i][col])) {
                    largest[i][col] = value;
                }
            }
        }
        return largest;
    }

    /** What a reader has to know of places that hold several matrices, and of matrices without one; empty where there are none. */
    String note() {
        int shown = kinds.stream().mapToInt(kind -> kind.members().size()).sum();
        return (shared() ? " Where several matrices share a place, the largest of them." : "")
                + (shown < count()
                        ? " Not drawn: " + Numbers.whole(count() - shown) + " matrices of "
                                + Numbers.whole(allKinds - kinds.size()) + " more kinds."
                        : "");
    }

    /** Whether some place holds several matrices. */
    boolean shared() {
        return kinds.stream()
                .anyMatch(kind -> kind.members().stream()
                                .map(member -> column(member))
                                .distinct()
                                .count()
                        < kind.members().size());
    }

    private int column(int matrix) {
        return Arrays.binarySearch(columns, layers[matrix]) / layersOfColumn;
    }

    /** The median of some matrices' values that are known; NaN where none is. */
    static double median(List<Integer> members, ToDoubleFunction<Integer> value) {
        double[] known = members.stream()
                .mapToDouble(value)
                .filter(v -> !Double.isNaN(v))
                .sorted()
                .toArray();
        return known.length == 0 ? Double.NaN : known[(known.length - 1) / 2];
    }
}
