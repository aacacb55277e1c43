package lowrank.jobs;

import java.util.Locale;
import java.util.concurrent.Callable;
import lowrank.blas.Precision;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.factor.KnownMatrix;
import lowrank.factor.KnownSpectrum;
import lowrank.io.HadoopConf;
import lowrank.spark.PassLog;
import lowrank.spark.Sessions;
import lowrank.spark.SparkBlocks;
import lowrank.store.OutputFolder;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "generate",
        description = "Writes a test matrix with known factors: A = U diag(s) V' with cosine vectors (row, features).",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GenerateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "OUT", description = "The folder of the Parquet files.")
    private String output;

    @Option(
            names = "--spectrum",
            required = true,
            paramLabel = "NAME",
            description = "Singular values: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Names.class)
    private String spectrum;

    @Option(names = "--rows", required = true, description = "Rows.")
    private long rows;

    @Option(names = "--cols", required = true, description = "Columns.")
    private int cols;

    @Option(names = "--rank", description = "Number of singular values (default: min(rows, cols)).")
    private Integer rank;

    @Option(names = "--scale", defaultValue = "1", description = "Multiplies all singular values (default: 1).")
    private double scale;

    @Option(names = "--type", defaultValue = "double", description = "double or float (default: double).")
    private Precision type;

    /** Names of the spectra, for the usage text. */
    static final class Names implements Iterable<String> {
        @Override
        public java.util.Iterator<String> iterator() {
            return KnownSpectrum.names().iterator();
        }
    }

    @Override
    public Integer call() {
        int values = rank == null ? (int) Math.min(rows, cols) : rank;
        KnownMatrix matrix = KnownMatrix.of(spectrum, rows, cols, values, scale, type);
        return Sessions.use(new SparkConf(), "lowrank generate", spark -> write(spark, matrix));
    }

    private int write(JavaSparkContext spark, KnownMatrix matrix) {
        HadoopConf conf = new HadoopConf(spark.hadoopConfiguration());
        try (OutputFolder out = OutputFolder.at(conf, output, OutputFolder.Mode.FAIL)) {
            out.begin();
            RowBlocks.Output<?> written =
                    SparkBlocks.of(spark, matrix, 0, new PassLog()).write(out.sink("", type, "none"), Pass.nothing());
            out.collect("", written.parts(), cols, type);
            out.publish();
            System.out.println(String.format(
                    Locale.ROOT,
                    "%,d x %,d %s, spectrum %s, rank %d, in %d files, %,d bytes",
                    rows,
                    cols,
                    type.name().toLowerCase(Locale.ROOT),
                    spectrum,
                    matrix.rank(),
                    written.parts().size(),
                    written.parts().stream().mapToLong(RowSink.Written::bytes).sum()));
            Main.resultLine("complete", ExitCode.DONE, out.path());
            return ExitCode.DONE.code();
        }
    }
}
