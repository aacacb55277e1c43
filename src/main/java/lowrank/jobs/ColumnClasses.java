package lowrank.jobs;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.DistinctNumbers;
import lowrank.blocks.DistinctTexts;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.io.CodedTable;
import lowrank.io.InputTable;
import lowrank.io.KeyColumn;
import lowrank.io.RepairSource;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import org.apache.spark.api.java.JavaSparkContext;

/** Finds the values of a column, one read of it alone. */
record ColumnClasses(JavaSparkContext spark, String column, Use use, int partitions, PassLog log) {
    /** What the values are for. */
    enum Use {
        LABEL("read.label", Classes.MOST, "name it by read.target if it is a quantity"),
        KEY("read.keys", KeyColumn.MOST, "name columns that tell sequences and heads apart, or split the input");

        private final String key;
        private final int most;
        private final String tooMany;

        Use(String key, int most, String tooMany) {
            this.key = key;
            this.most = most;
            this.tooMany = tooMany;
        }

        /** The key of the spec that names the column. */
        String key() {
            return key;
        }

        private String asText(String column) {
            return this == LABEL ? "read it as text, as cast(" + column + " as string)" : "store it as text";
        }

        private BlockSource source(InputTable values) {
            BlockSource source = values.source(Precision.DOUBLE, Layout.of(values.rows(), Double.BYTES, 0));
            return this == LABEL ? source : new RepairSource(source);
        }
    }

    /**
     * The different texts of a table without columns.
     *
     * @throws DataException when there are too many, or some are null
     */
    Set<String> texts(InputTable table) {
        Set<String> texts = pass(new CodedTable(table, column, Map.of()), new DistinctTexts(use.most));
        requireFew(texts.size());
        return texts;
    }

    /** Texts as the codes of classes. */
    InputTable codes(InputTable texts, Classes classes) {
        Map<String, Double> codes = new HashMap<>();
        for (int code = 0; code < classes.size(); code++) {
            codes.put(classes.texts().get(code), (double) code);
        }
        return new CodedTable(texts, column, codes);
    }

    /**
     * The classes of a table of one column of numbers.
     *
     * @param stored the input's type, or null where only the values tell
     * @throws DataException when there are too many, or doubles do not tell them apart, or some are null
     */
    Classes ofNumbers(InputTable table, Classes.Type stored) {
        double[] found = finite(table);
        requireFew(found.length);
        Classes.Type type = stored == null ? Classes.typeOf(found) : stored;
        if (type == Classes.Type.LONG && !Classes.areApart(found)) {
            throw new DataException("column " + column + " (" + use.key + ") holds whole numbers beyond 2^53, which"
                    + " doubles do not tell apart; " + use.asText(column));
        }
        return Classes.ofNumbers(type, found);
    }

    /**
     * The different numbers of a table.
     *
     * @throws DataException naming those that are none
     */
    double[] finite(InputTable table) {
        return pass(table, new DistinctNumbers(use.most));
    }

    private void requireFew(int classes) {
        if (classes > use.most) {
            throw new DataException("column " + column + " (" + use.key + ") has more than " + use.most
                    + " different values; " + use.tooMany);
        }
    }

    private <N> N pass(InputTable values, Pass<N> pass) {
        return SparkBlocks.of(spark, use.source(values), partitions, log).pass(pass);
    }
}
