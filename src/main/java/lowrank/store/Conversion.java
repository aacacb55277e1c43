package lowrank.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockStream;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetTable;
import lowrank.io.Tensor;
import lowrank.io.TensorWriter;
import org.apache.hadoop.fs.Path;

/** The factors of a result as files of another format, read and written a block at a time: U may exceed memory. */
public final class Conversion {
    /** Tables of attention. */
    private static final String OUTPUT = "output";

    private static final String HEADS = "heads";

    private Conversion() {}

    /** A column of a factor, and what it is called outside. */
    private record Source(String factor, String column, Tensor tensor) {}

    /** Writes all factors of a result into a folder that {@code out} makes visible when it is published. */
    public static void write(
            HadoopConf conf, OutputFolder.Result result, OutputFolder out, TensorWriter.Format format) {
        if (result.manifest().weights() != null) {
            throw new DataException(result.path() + " holds what job = "
                    + result.manifest().job()
                    + " wrote, tables of many matrices, which are not converted; read them as Parquet, and of compress set"
                    + " write.also = [safetensors]");
        }
        // Outputs of exact attention stand for no matrix of low rank.
        if (result.manifest().rank() == 0 && !result.manifest().factors().containsKey(OUTPUT)) {
            throw new DataException(result.path() + " has rank 0: there is nothing to convert");
        }
        write(conf, result, out.folder(), format);
    }

    /** Writes the factors that are staged into a folder of the same result, named after the format; none of rank 0. */
    public static void beside(OutputFolder out, Manifest manifest, TensorWriter.Format format) {
        if (manifest.rank() > 0) {
            String name = format.name().toLowerCase(Locale.ROOT);
            OutputFolder.Result staged = new OutputFolder.Result(out.folder(), manifest);
            write(out.conf(), staged, out.staged(name).toString(), format);
        }
    }

    private static void write(HadoopConf conf, OutputFolder.Result result, String folder, TensorWriter.Format format) {
        Manifest manifest = result.manifest();
        List<Source> sources = new ArrayList<>();
        manifest.factors().forEach((name, factor) -> {
            Precision precision = Precision.valueOf(factor.precision().toUpperCase(Locale.ROOT));
            switch (name) {
                case "s" -> sources.add(flat(name, "value", "s", factor));
                case "V" -> {
                    sources.add(new Source(
                            name, "values", new Tensor(name, factor.rows(), factor.width(), precision, false)));
                    sources.add(flat(name, "mean", "mean", factor));
                    sources.add(flat(name, "scale", "scale", factor));
                    Path v = new Path(result.path(), factor.files().get(0).path());
                    if (FactorTables.hasReadMoments(ParquetFooter.read(conf, v))) {
                        for (String moment : List.of(FactorTables.READ_MEAN, FactorTables.READ_SCALE)) {
                            sources.add(flat(name, moment, moment, factor));
                        }
                    }
                }
                case ModelTables.INPUTS -> {
                    for (String column : List.of("mean", "scale", "length_scale")) {
                        sources.add(flat(name, column, "inputs_" + column, factor));
                    }
                }
                case ModelTables.PATH -> {
                    for (String column : List.of("lambda", "gcv", "cv_error", "loo_error", "df")) {
                        sources.add(flat(name, column, "path_" + column, factor));
                    }
                }
                case HEADS -> {
                    // What was measured of the heads: no matrix.
                }
                case "predictions" ->
                    throw new DataException(
                            result.path()
                                    + " holds predictions, one column each, which are no matrix to convert; read predictions/*.parquet");
                default -> {
                    sources.add(new Source(
                            name, "values", new Tensor(name, factor.rows(), factor.width(), precision, false)));
                    if (name.equals(ModelTables.COEFFICIENTS)) {
                        sources.add(flat(name, "offset", "offset", factor));
                    }
                    if (name.equals("coordinates")) {
                        sources.add(flat(name, "residual", "residual", factor));
                    }
                }
            }
        });
        List<Tensor> tensors = sources.stream().map(Source::tensor).toList();
        try (TensorWriter writer = new TensorWriter(conf, folder, format, tensors)) {
            for (Source source : sources) {
                copy(conf, result, source, writer);
            }
        }
    }

    private static Source flat(String factor, String column, String name, Manifest.Factor of) {
        return new Source(factor, column, new Tensor(name, of.rows(), 1, Precision.DOUBLE, true));
    }

    private static void copy(HadoopConf conf, OutputFolder.Result result, Source source, TensorWriter writer) {
        Tensor tensor = source.tensor;
        List<InputFiles.Entry> files = result.manifest().factors().get(source.factor).files().stream()
                .map(part -> new InputFiles.Entry(
                        new Path(result.path(), part.path()).toString(), part.path(), part.bytes(), 0))
                .toList();
        ParquetTable table = ParquetTable.open(conf, files, List.of(source.column), null);
        Layout layout =
                Layout.of(table.rows(), (long) table.cols() * tensor.precision().bytes(), 0);
        writer.begin(tensor);
        try (Arena arena = new Arena();
                BlockStream blocks = table.source(tensor.precision(), layout).open(layout.all(), false, arena)) {
            for (Block block = blocks.next(); block != null; block = blocks.next()) {
                writer.append(block.first());
            }
        }
        writer.end();
    }
}
