package lowrank.jobs;

import java.io.FileNotFoundException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.DataException;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.MissingInputException;
import lowrank.io.ParquetFooter;
import lowrank.linalg.Matrix;
import lowrank.store.KernelModel;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Landmarks that a spec gives as a table, {@code features.table}: rows like the input's, read on the driver in their order. The names of
 * the files tell the format, else {@code read.format}; of Parquet without the input's vector column it is {@code values}, as the tables
 * of results have it.
 *
 * <p>They are rows as the input has them, before read.scale, read.clip and kernel.length-scales. Landmarks of a result lie in
 * {@code landmarks/} as prepared there: they are taken back, x = l_j scale_j z_j + mean_j, by what its {@code inputs/} tells.
 */
final class GivenLandmarks {
    private static final String KEY = "features.table";

    /** How messages of an input without rows begin. */
    private static final String EMPTY = "the input has no rows";

    /** Formats by the endings of names. */
    private static final Map<String, ReadSpec.Format> ENDINGS = Map.of(
            "parquet", ReadSpec.Format.PARQUET,
            "arrow", ReadSpec.Format.ARROW,
            "feather", ReadSpec.Format.ARROW,
            "npy", ReadSpec.Format.NPY,
            "csv", ReadSpec.Format.CSV);

    private GivenLandmarks() {}

    /**
     * The landmarks, m x d.
     *
     * @param read how the input is read
     * @param path of the table
     * @param width values of the input's rows
     * @param scratch a folder for the copy, where one is needed
     * @throws DataException when the rows are of another width, or too many
     */
    static Matrix read(ReadSpec read, String path, int width, HadoopConf conf, JavaSparkContext spark, String scratch) {
        Matrix points = of(
                path,
                () -> points(
                        path,
                        width,
                        Input.of(own(read, path, conf), Precision.DOUBLE, conf, spark)
                                .table(scratch)));
        KernelModel.Inputs past = past(path, conf);
        return past == null ? points : restored(points, past);
    }

    private static Matrix points(String path, int width, InputTable table) {
        requireWidth(path, table.cols(), width);
        if (table.rows() * (long) width > Integer.MAX_VALUE) {
            throw new DataException(KEY + " " + path + " has " + table.rows() + " rows of " + width
                    + " values, and no more than 2^31 values are landmarks; give fewer");
        }
        if (table.rows() == 0) {
            throw new MissingInputException(EMPTY);
        }
        Layout layout = Layout.of(table.rows(), 8L * width, 0);
        Matrix points = Matrix.zeros((int) table.rows(), width);
        LocalBlocks.of(table.source(Precision.DOUBLE, layout)).pass(new Rows(points));
        return points;
    }

    /** What readers say of an input, said of the table: it has another key, and no read.where. */
    private static <T> T of(String path, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (MissingInputException e) {
            String message = e.getMessage().startsWith(EMPTY)
                    ? KEY + " " + path + " has no rows; give a table of landmarks"
                    : e.getMessage().replace("read.path", KEY);
            throw new MissingInputException(message);
        } catch (DataException e) {
            String message = e.getMessage().replace(", or filter them out with read.where", "");
            throw new DataException(message.contains(KEY) ? message : KEY + " " + path + ": " + message);
        }
    }

    /** Rows as the feature map takes them, of rows as the input has them: in double, as landmarks are. */
    static Matrix prepared(Matrix points, KernelModel.Inputs inputs) {
        Matrix prepared = Matrix.zeros(points.rows(), points.cols());
        new KernelModel.Inputs(inputs.names(), inputs.score(), inputs.clip(), inputs.lengths(), Precision.DOUBLE)
                .of(LocalBlocks.of(MatrixRows.of(points)))
                .pass(new Rows(prepared));
        return prepared;
    }

    /** How a table that is the landmarks of a result was prepared there; null for any other. */
    private static KernelModel.Inputs past(String path, HadoopConf conf) {
        Set<String> folders = new TreeSet<>();
        for (InputFiles.Entry file : InputFiles.list(conf, path)) {
            folders.add(new Path(file.path()).getParent().toString());
        }
        KernelModel.Inputs past = null;
        for (String folder : folders) {
            Path parent = new Path(folder);
            KernelModel.Inputs one = parent.getName().equals(ModelTables.LANDMARKS)
                    ? inputs(parent.getParent().toString(), conf)
                    : null;
            if (one != null && folders.size() > 1) {
                throw new DataException(KEY + " " + path
                        + " holds landmarks of a result beside others, which may have been prepared otherwise; give those"
                        + " of one result");
            }
            past = one;
        }
        return past;
    }

    private static KernelModel.Inputs inputs(String result, HadoopConf conf) {
        try {
            return KernelModel.readInputs(conf, OutputFolder.read(conf, result));
        } catch (FileNotFoundException e) {
            return null;
        }
    }

    private static Matrix restored(Matrix points, KernelModel.Inputs past) {
        Matrix restored = Matrix.zeros(points.rows(), points.cols());
        for (int j = 0; j < points.cols(); j++) {
            double length = past.lengths().length == 0 ? 1 : past.lengths()[j];
            double scale = past.score() == null ? 1 : past.score().scale()[j];
            double mean = past.score() == null ? 0 : past.score().mean()[j];
            for (int i = 0; i < points.rows(); i++) {
                restored.set(i, j, length * points.get(i, j) * scale + mean);
            }
        }
        return restored;
    }

    /** What identifies the table without reading its values. */
    static String listing(ReadSpec read, String path, HadoopConf conf, JavaSparkContext spark) {
        return of(
                path,
                () -> Input.of(own(read, path, conf), Precision.DOUBLE, conf, spark)
                        .listing());
    }

    /**
     * How many there are, without reading them; of text the most that there can be.
     *
     * @throws DataException when the rows are known to be of another width
     */
    static int count(ReadSpec read, String path, int width, HadoopConf conf) {
        return of(path, () -> {
            InputBound bound = InputBound.of(own(read, path, conf), Precision.DOUBLE, conf);
            if (bound.cols() > 0) {
                requireWidth(path, bound.cols(), width);
            }
            return (int) Math.min(Integer.MAX_VALUE, bound.rows());
        });
    }

    /** How the table is read. */
    private static ReadSpec own(ReadSpec read, String path, HadoopConf conf) {
        List<InputFiles.Entry> files = InputFiles.list(conf, path);
        ReadSpec.Format format = format(files.get(0).relative(), read.format());
        return read.forTable(path, format, vector(read, format, files.get(0), conf));
    }

    private static void requireWidth(String path, int cols, int width) {
        if (cols != width) {
            throw new DataException(KEY + " " + path + " has rows of " + cols + " values, the input has rows of "
                    + width + "; give landmarks with the columns of the input");
        }
    }

    private static ReadSpec.Format format(String name, ReadSpec.Format otherwise) {
        String lower = name.toLowerCase(Locale.ROOT).replaceFirst("\\.(gz|bz2|zst)$", "");
        return ENDINGS.getOrDefault(lower.substring(lower.lastIndexOf('.') + 1), otherwise);
    }

    private static String vector(ReadSpec read, ReadSpec.Format format, InputFiles.Entry file, HadoopConf conf) {
        if (format != ReadSpec.Format.PARQUET || !read.columns().isEmpty()) {
            return read.vector();
        }
        ParquetFooter footer = ParquetFooter.read(conf, new Path(file.path()));
        boolean stored =
                footer.field(read.vector()).isEmpty() && footer.field("values").isPresent();
        return stored ? "values" : read.vector();
    }

    /** Puts rows in their places; run in one thread. */
    private record Rows(Matrix points) implements Pass<Boolean> {
        @Override
        public String label() {
            return "landmarks";
        }

        @Override
        public Fold<Boolean> open(Arena arena, Schema schema, Layout layout) {
            RowReader reader = new RowReader(schema.first());
            int width = schema.first().width();
            return new Fold<>() {
                @Override
                public void add(Block block) {
                    for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                        int rows = Math.min(reader.panelRows(), block.rows() - first);
                        double[] values = reader.read(block.first(), first, rows);
                        for (int i = 0; i < rows; i++) {
                            for (int j = 0; j < width; j++) {
                                points.set((int) block.firstRow() + first + i, j, values[i * width + j]);
                            }
                        }
                    }
                }

                @Override
                public Boolean takeLeaf() {
                    return true;
                }

                @Override
                public Boolean merge(Boolean left, Boolean right) {
                    return true;
                }
            };
        }
    }
}
