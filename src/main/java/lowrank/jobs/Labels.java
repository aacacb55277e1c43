package lowrank.jobs;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.io.CodedTable;
import lowrank.io.Examples;
import lowrank.spark.PassLog;
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
            return raw.with(text ? classes().codes(raw.targets(), known) : raw.targets(), known);
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
        Set<String> texts = classes().texts(raw.targets());
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
            classes().finite(new CodedTable(raw.targets(), label, numbers));
        }
        Classes classes = Classes.ofTexts(texts);
        return raw.with(classes().codes(raw.targets(), classes), classes);
    }

    /** Whether texts are numbers, some of them finite, others not. */
    private static boolean areNumbers(Map<String, Double> parsed) {
        return parsed.values().stream().anyMatch(Double::isFinite)
                && parsed.entrySet().stream()
                        .allMatch(entry -> !Double.isNaN(entry.getValue())
                                || NOT_FINITE.matcher(entry.getKey().strip()).matches());
    }

    private Examples ofNumbers(Examples raw) {
        return raw.with(raw.targets(), classes().ofNumbers(raw.targets(), raw.label()));
    }

    private ColumnClasses classes() {
        return new ColumnClasses(spark, label, ColumnClasses.Use.LABEL, partitions, log);
    }
}
