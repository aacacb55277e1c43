package lowrank.jobs;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.io.ArrowTable;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.NamedColumns;
import lowrank.io.NpyTable;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetTable;
import lowrank.spark.Beside;
import lowrank.spark.DuplicateIds;
import lowrank.spark.FrameSpool;
import lowrank.spark.LineSpool;
import lowrank.spark.PassLog;
import lowrank.spark.Spool;
import lowrank.spark.TripletSpool;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/** The input of a job: files that are read where they lie, or copied once into a form that can be. */
final class Input {
    private final ReadSpec spec;
    private final Precision precision;
    private final HadoopConf conf;
    private final JavaSparkContext spark;
    private final List<InputFiles.Entry> files;
    private final InputTable inPlace;

    private Input(ReadSpec spec, Precision precision, HadoopConf conf, JavaSparkContext spark) {
        this.spec = spec;
        this.precision = spec.held(precision);
        this.conf = conf;
        this.spark = spark;
        files = InputFiles.list(conf, spec.path());
        inPlace = inPlace();
    }

    /** Lists the files; formats that have footers or headers are known afterwards. */
    static Input of(ReadSpec spec, Precision precision, HadoopConf conf, JavaSparkContext spark) {
        return new Input(spec, precision, conf, spark);
    }

    /** What identifies the input without reading its values. */
    String listing() {
        return inPlace == null ? Spool.listing(files) : inPlace.listing();
    }

    /**
     * The matrix.
     *
     * @param scratch a folder for the copy, where one is needed
     */
    InputTable table(String scratch) {
        return checked(inPlace == null ? spooled(scratch, spec.beside()).rows() : inPlace);
    }

    /**
     * The matrix, and beside it targets or a label, and a weight. Classes of a label take one more read, of the labels alone.
     *
     * @param scratch a folder for the copy, where one is needed
     * @param known the classes of a model, by which labels are read instead of by their own; or null
     * @param log told of that read
     */
    Examples examples(String scratch, Classes known, PassLog log) {
        // CSV tells no types: where the classes are numbers, so is the label.
        boolean numbers = spec.format() == ReadSpec.Format.CSV && known != null && known.type() != Classes.Type.TEXT;
        Beside beside = numbers ? spec.beside().withNumericLabel() : spec.beside();
        Examples raw = inPlace == null ? spooled(scratch, beside) : besideInPlace(scratch);
        checked(raw.rows());
        return spec.kind() == ReadSpec.Kind.CLASSIFICATION
                ? new Labels(spark, spec.beside().label(), spec.partitions(), log).coded(raw, known)
                : raw;
    }

    private InputTable checked(InputTable table) {
        if (spec.checkIds()) {
            Layout layout = Layout.of(table.rows(), (long) table.cols() * precision.bytes(), 0);
            DuplicateIds.refuse(spark, table.source(precision, layout), spec.partitions());
        }
        return table;
    }

    /** What stands beside a matrix that is read in place: in place too, unless there are expressions, whose values are copied. */
    private Examples besideInPlace(String scratch) {
        Beside beside = spec.beside();
        if (beside.all().isEmpty()) {
            return Examples.of(inPlace);
        }
        if (spec.format() == ReadSpec.Format.PARQUET && !arePlain(beside.all())) {
            Examples copy =
                    new FrameSpool(spool(scratch), files, spec.path()).table(List.of(), beside, null, null, List.of());
            return new Examples(inPlace, copy.targets(), copy.weight(), copy.label(), null);
        }
        return columnsBeside();
    }

    /**
     * What stands beside the matrix as the footers know it, without reading a value; the matrix is null where it is copied first. Empty
     * where nothing stands there, where expressions make it, and in formats without footers.
     *
     * @param known the classes of a model, by which a label would be read, or null
     * @throws DataException when a column is missing or of the wrong kind
     */
    Optional<Examples> knownBeside(Classes known) {
        boolean footers = spec.format() == ReadSpec.Format.ARROW
                || spec.format() == ReadSpec.Format.PARQUET
                        && arePlain(spec.beside().all());
        if (spec.beside().all().isEmpty() || !footers) {
            return Optional.empty();
        }
        Examples beside = columnsBeside();
        if (known != null) {
            Labels.requireKind(spec.beside().label(), beside, known);
        }
        return Optional.of(beside);
    }

    /** Columns of files with footers, which are read in place. */
    private Examples columnsBeside() {
        Beside beside = spec.beside();
        NamedColumns columns = new NamedColumns(conf, files, spec.format() == ReadSpec.Format.ARROW);
        Classes.Type label = null;
        InputTable targets = null;
        if (beside.label() != null) {
            label = columns.classType(beside.label(), "read.label");
        }
        if (label == Classes.Type.TEXT) {
            targets = columns.texts(beside.label());
        } else if (label != null) {
            targets = columns.scalars(List.of(beside.label()), "read.label");
        } else if (!beside.targets().isEmpty()) {
            targets = columns.scalars(beside.targets(), "read.target");
        }
        InputTable weight = beside.weight() == null ? null : columns.scalars(List.of(beside.weight()), "read.weight");
        return new Examples(inPlace, targets, weight, label, null);
    }

    /** The matrix where it is read in place: known without reading any value. */
    Optional<InputTable> inPlaceTable() {
        return Optional.ofNullable(inPlace);
    }

    private InputTable inPlace() {
        return switch (spec.format()) {
            case PARQUET -> isPlain() ? ParquetTable.open(conf, files, spec.wanted(), spec.id()) : null;
            case ARROW -> ArrowTable.open(conf, files, spec.wanted(), spec.id());
            case NPY -> NpyTable.open(conf, files, spec.vector());
            case CSV, LIBSVM, TRIPLETS -> null;
        };
    }

    /** Whether all columns are columns of the files, or look so much like names that they must be meant as such. */
    private boolean isPlain() {
        if (spec.where() != null || !spec.orderBy().isEmpty()) {
            return false;
        }
        return arePlain(spec.wanted()) && (spec.id() == null || arePlain(List.of(spec.id())));
    }

    private boolean arePlain(List<String> columns) {
        ParquetFooter first = ParquetFooter.read(conf, new Path(files.get(0).path()));
        return columns.stream().allMatch(c -> first.field(c).isPresent() || c.matches("\\w+"));
    }

    private Spool spool(String scratch) {
        return new Spool(spark, conf, scratch, precision);
    }

    private Examples spooled(String scratch, Beside beside) {
        Spool spool = spool(scratch);
        return switch (spec.format()) {
            case CSV ->
                new LineSpool(spool, files).csv(spec.separator(), spec.header(), spec.columns(), spec.id(), beside);
            case LIBSVM ->
                new LineSpool(spool, files)
                        .libsvm(spec.vector(), spec.width(), !beside.all().isEmpty());
            case TRIPLETS -> {
                TripletSpool triplets = new TripletSpool(spool, files, spec.vector());
                yield Examples.of(
                        isText()
                                ? triplets.csv(
                                        spec.separator(), spec.header(), spec.triplets(), spec.rows(), spec.width())
                                : triplets.parquet(spec.triplets(), spec.rows(), spec.width()));
            }
            case PARQUET, ARROW, NPY ->
                new FrameSpool(spool, files, spec.path())
                        .table(spec.wanted(), beside, spec.id(), spec.where(), spec.orderBy());
        };
    }

    /** Whether the files are CSV, by their names; otherwise they are Parquet. */
    private boolean isText() {
        return files.stream()
                .map(file -> file.relative().toLowerCase(Locale.ROOT))
                .anyMatch(name -> name.matches(".*\\.(csv|tsv|txt)(\\.\\w+)?"));
    }
}
