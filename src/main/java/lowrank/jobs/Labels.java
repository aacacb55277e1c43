package lowrank.jobs;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.DistinctNumbers;
import lowrank.blocks.DistinctTexts;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.io.CodedTable;
import lowrank.io.Examples;
import lowrank.io.InputTable;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.spark.TextNumber;
import org.apache.spark.api.java.JavaSparkContext;

/** Finds the classes of a label, one read of the labels alone, and makes texts numbers by them. */
record Labels(JavaSparkContext spark, String label, int partitions, PassLog log) {
    /** How programs write what is no finite number. */
    private static final Pattern NOT_FINITE = Pattern.compile("[-+]?(nan|inf|infinity)", Pattern.CASE_INSENSITIVE);

    /**
     * The same rows with labels as numbers: texts as codes, numbers as they are.
     *
     * @param known the classes of a model, or null to find them; a text that is none of them becomes {@link Classes#UNKNOWN}
     * @throws DataException when there are too many values, or they are not of the model's kind
     */
    Examples coded(Examples raw, Classes known) {
        boolean text = raw.targets().cols() == 0;
        if (known != null) {
            requireKind(label, raw, known);
            return raw.with(text ? codes(raw.targets(), known) : raw.targets(), known);
        }
        return text ? ofTexts(raw) : ofNumbers(raw);
    }

    /**
     * Refuses labels of another kind than a model's.
     *
     * @param raw with labels as they lie there: texts are ids of a table without columns
     */
    static void requireKind(String label, Examples raw, Classes known) {
        boolean text = raw.targets().cols() == 0;
        if (text != (known.type() == Classes.Type.TEXT)) {
            throw new DataException("column " + label + " (read.label) holds " + (text ? "text" : "numbers")
                    + ", but the classes of the model are " + (text ? "numbers" : "text")
                    + "; read the label that it was made from");
        }
    }

    private Examples ofTexts(Examples raw) {
        Set<String> texts = pass(new CodedTable(raw.targets(), label, Map.of()), new DistinctTexts());
        requireFew(texts.size());
        Map<String, Double> numbers = new HashMap<>();
        texts.forEach(text -> numbers.put(text, TextNumber.parse(text)));
        boolean untyped = raw.label() == null;
        if (untyped && numbers.values().stream().allMatch(Double::isFinite)) {
            double[] all =
                    numbers.values().stream().mapToDouble(Double::doubleValue).toArray();
            Classes classes = Classes.ofNumbers(Classes.typeOf(all), all);
            return raw.with(new CodedTable(raw.targets(), label, numbers), classes);
        }
        if (untyped && areNumbers(numbers)) {
            // The pass names the cells that are not finite.
            pass(new CodedTable(raw.targets(), label, numbers), new DistinctNumbers());
        }
        Classes classes = Classes.ofTexts(texts);
        return raw.with(codes(raw.targets(), classes), classes);
    }

    /** Whether texts are numbers, some of them finite, others not. */
    private static boolean areNumbers(Map<String, Double> parsed) {
        return parsed.values().stream().anyMatch(Double::isFinite)
                && parsed.entrySet().stream()
                        .allMatch(entry -> !Double.isNaN(entry.getValue())
                                || NOT_FINITE.matcher(entry.getKey().strip()).matches());
    }

    private InputTable codes(InputTable texts, Classes classes) {
        Map<String, Double> codes = new HashMap<>();
        for (int code = 0; code < classes.size(); code++) {
            codes.put(classes.texts().get(code), (double) code);
        }
        return new CodedTable(texts, label, codes);
    }

    private Examples ofNumbers(Examples raw) {
        double[] found = pass(raw.targets(), new DistinctNumbers());
        requireFew(found.length);
        Classes.Type type = raw.label() == null ? Classes.typeOf(found) : raw.label();
        if (type == Classes.Type.LONG && !Classes.areApart(found)) {
            throw new DataException(
                    "column " + label + " (read.label) holds whole numbers beyond 2^53, which doubles do"
                            + " not tell apart; read it as text, as cast(" + label + " as string)");
        }
        return raw.with(raw.targets(), Classes.ofNumbers(type, found));
    }

    private void requireFew(int classes) {
        if (classes > Classes.MOST) {
            throw new DataException("column " + label + " (read.label) has more than " + Classes.MOST
                    + " different values; name it by read.target if it is a quantity");
        }
    }

    private <N> N pass(InputTable labels, Pass<N> pass) {
        Layout layout = Layout.of(labels.rows(), Double.BYTES, 0);
        return SparkBlocks.of(spark, labels.source(Precision.DOUBLE, layout), partitions, log)
                .pass(pass);
    }
}
