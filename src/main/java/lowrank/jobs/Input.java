package lowrank.jobs;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.io.ArrowTable;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.NpyTable;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetTable;
import lowrank.spark.DuplicateIds;
import lowrank.spark.FrameSpool;
import lowrank.spark.LineSpool;
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
        InputTable table = inPlace == null ? spooled(scratch) : inPlace;
        if (spec.checkIds()) {
            Layout layout = Layout.of(table.rows(), (long) table.cols() * precision.bytes(), 0);
            DuplicateIds.refuse(spark, table.source(precision, layout), spec.partitions());
        }
        return table;
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
        ParquetFooter first = ParquetFooter.read(conf, new Path(files.get(0).path()));
        return spec.wanted().stream().allMatch(c -> first.field(c).isPresent() || c.matches("\\w+"))
                && (spec.id() == null
                        || first.field(spec.id()).isPresent()
                        || spec.id().matches("\\w+"));
    }

    private InputTable spooled(String scratch) {
        Spool spool = new Spool(spark, conf, scratch, precision);
        return switch (spec.format()) {
            case CSV -> new LineSpool(spool, files).csv(spec.separator(), spec.header(), spec.columns(), spec.id());
            case LIBSVM -> new LineSpool(spool, files).libsvm(spec.vector(), spec.width());
            case TRIPLETS -> {
                TripletSpool triplets = new TripletSpool(spool, files, spec.vector());
                yield isText()
                        ? triplets.csv(spec.separator(), spec.header(), spec.triplets(), spec.rows(), spec.width())
                        : triplets.parquet(spec.triplets(), spec.rows(), spec.width());
            }
            case PARQUET, ARROW, NPY ->
                new FrameSpool(spool, files, spec.path()).table(spec.wanted(), spec.id(), spec.where(), spec.orderBy());
        };
    }

    /** Whether the files are CSV, by their names; otherwise they are Parquet. */
    private boolean isText() {
        return files.stream()
                .map(file -> file.relative().toLowerCase(Locale.ROOT))
                .anyMatch(name -> name.matches(".*\\.(csv|tsv|txt)(\\.\\w+)?"));
    }
}
