package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.io.AttentionTable;
import lowrank.io.Group;
import lowrank.io.GroupOrder;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.KeyColumn;
import lowrank.io.NamedColumns;
import lowrank.io.PositionColumns;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.TensorHeads;
import lowrank.spark.OrderedCopy;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The input of a job on attention: read where it lies when its groups lie in order there, wherever they stand; otherwise copied once into
 * order. What is read is the same, bit for bit.
 */
final class AttentionInput {
    private static final String POSITION = "position";

    private final AttentionRead read;
    private final Precision precision;
    private final HadoopConf conf;
    private final JavaSparkContext spark;
    /** Null of tensors. */
    private final NamedColumns columns;

    /** Null of columns. */
    private final TensorHeads heads;

    private final List<InputTable> tables = new ArrayList<>();
    private final List<String> names = new ArrayList<>();

    private AttentionInput(AttentionRead read, Precision precision, HadoopConf conf, JavaSparkContext spark) {
        this.read = read;
        this.precision = precision;
        this.conf = conf;
        this.spark = spark;
        List<InputFiles.Entry> files = InputFiles.list(conf, read.path());
        AttentionRead.Format format = read.format() != null
                ? read.format()
                : AttentionRead.byName(files.get(0).relative());
        names.addAll(List.of(read.q(), read.k(), read.v()));
        if (masked()) {
            names.add(read.mask());
        }
        if (format.hasTensors()) {
            if (read.position() != null) {
                throw new SpecException("read.position does not apply to tensors, whose order it is; remove it");
            }
            columns = null;
            heads = TensorHeads.of(conf, Checkpoint.open(conf, read.path()), names, read.keys());
            tables.addAll(heads.tables());
            return;
        }
        heads = null;
        columns = new NamedColumns(conf, files, format == AttentionRead.Format.ARROW);
        tables.add(columns.vector(read.q(), "read.q"));
        tables.add(columns.vector(read.k(), "read.k"));
        tables.add(columns.vector(read.v(), "read.v"));
        if (masked()) {
            tables.add(columns.scalars(List.of(read.mask()), "read.mask"));
        }
        requireSameWidth();
    }

    /**
     * Lists the files and reads their footers or headers.
     *
     * @param precision in which q, k and v are held; of a copy, also that of the copy
     * @throws DataException when a column is missing or of the wrong kind, or queries and keys differ in width
     */
    static AttentionInput of(AttentionRead read, Precision precision, HadoopConf conf, JavaSparkContext spark) {
        return new AttentionInput(read, precision, conf, spark);
    }

    private void requireSameWidth() {
        int q = tables.get(0).cols();
        int k = tables.get(1).cols();
        if (q != k) {
            throw new DataException(read.q() + " (read.q) has " + q + " values per row, but " + read.k()
                    + " (read.k) has " + k + "; queries and keys must be equally wide");
        }
    }

    /** What identifies the input without reading its values. */
    String listing() {
        return tables.get(0).listing();
    }

    /** All rows as if they were one group: what is known before positions and keys are read. */
    AttentionTable shape() {
        Group all = new Group(0, new double[0], 0, rows(), 0);
        return new AttentionTable(List.of(), List.of(all), tables, names, null);
    }

    /** Values of a query, and of a key. */
    int headWidth() {
        return tables.get(0).cols();
    }

    int valueWidth() {
        return tables.get(2).cols();
    }

    /** Rows of all groups. */
    long rows() {
        return tables.get(0).rows();
    }

    /** Whether rows may be hidden. */
    boolean masked() {
        return read.mask() != null;
    }

    /**
     * Queries, keys and values, group by group. Positions and keys are read once more for each key, then once together; of rows that are
     * out of order all columns are copied.
     *
     * @param scratch a folder for the copy, where one is needed
     * @param log told of the reads
     * @throws DataException when positions are no whole numbers, are there twice or missing, when keys or positions are null, or when a
     *     mask hides a whole group
     */
    AttentionTable table(String scratch, PassLog log) {
        if (heads != null) {
            return heads.table();
        }
        PositionColumns by = positions(log);
        GroupOrder order = GroupOrder.of(by, SparkBlocks.of(spark, by.source(), read.partitions(), log));
        return order.inPlace()
                ? new AttentionTable(by.keys(), order.groups(), tables, names, null)
                : new OrderedCopy(spark, conf, scratch, precision, log).table(order, tables, names, read.partitions());
    }

    private PositionColumns positions(PassLog log) {
        String position = read.position() == null ? POSITION : read.position();
        List<KeyColumn> keys = new ArrayList<>();
        List<InputTable> coded = new ArrayList<>();
        for (String key : read.keys()) {
            ColumnClasses values = new ColumnClasses(spark, key, ColumnClasses.Use.KEY, read.partitions(), log);
            Classes.Type type = columns.classType(key, ColumnClasses.Use.KEY.key());
            if (type == Classes.Type.TEXT) {
                InputTable texts = columns.texts(key);
                Classes classes = Classes.ofTexts(values.texts(texts));
                keys.add(new KeyColumn(key, classes));
                coded.add(values.codes(texts, classes));
            } else {
                InputTable numbers = columns.scalars(List.of(key), ColumnClasses.Use.KEY.key());
                keys.add(new KeyColumn(key, values.ofNumbers(numbers, type)));
                coded.add(numbers);
            }
        }
        return new PositionColumns(
                columns.scalars(List.of(position), "read.position"),
                position,
                keys,
                coded,
                masked() ? tables.get(3) : null);
    }
}
