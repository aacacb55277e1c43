package lowrank.jobs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.io.Examples;
import lowrank.io.FormatFiles;
import lowrank.io.HadoopConf;
import lowrank.spark.PassLog;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Files with targets, labels and weights, and how tests read them. */
abstract class ReadingExamples {
    static final int ROWS = 9000;
    static final int COLS = 3;

    @TempDir
    Path folder;

    final JavaSparkContext spark;
    final double[][] matrix = FormatFiles.matrix(ROWS, COLS, 11);
    Path parquet;
    private int scratches;

    ReadingExamples(JavaSparkContext spark) {
        this.spark = spark;
    }

    static void sql(String... texts) throws Exception {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            for (String text : texts) {
                sql.execute(text);
            }
        }
    }

    /** row, name (n0, n1, ...), f0, f1, f2, y = f0: in two Parquet files with small row groups. */
    @BeforeEach
    void makeInput() throws Exception {
        Path csv = folder.resolve("rows.csv");
        StringBuilder text = new StringBuilder("row,name,f0,f1,f2,y\n");
        for (int i = 0; i < ROWS; i++) {
            text.append(i).append(",n").append(i);
            for (double value : matrix[i]) {
                text.append(',').append(value);
            }
            text.append(',').append(matrix[i][0]).append('\n');
        }
        Files.writeString(csv, text);
        parquet = Files.createDirectory(folder.resolve("parquet"));
        String select =
                "select *, [f0, f1, f2] as features, y as c0, (row % 3)::int as kind, (row % 3)::bigint * 7 as far, "
                        + "row % 2 = 0 as even, 'k' || (10 - row % 3) as word from read_csv('" + csv + "') where row ";
        for (String part : List.of("a.parquet", "b.parquet")) {
            sql("copy (" + select + (part.startsWith("a") ? "< 5000" : ">= 5000") + " order by row) to '"
                    + parquet.resolve(part) + "' (format parquet, row_group_size 2048)");
        }
    }

    Examples read(Path input, Classes known, String... keys) {
        StringBuilder text = new StringBuilder("read.path = \"" + input + "\"\n");
        for (String key : keys) {
            text.append(key).append('\n');
        }
        ReadSpec spec = ReadSpec.of(Spec.of(Map.of("test", text.toString())));
        return Input.of(spec, Precision.FLOAT, new HadoopConf(spark.hadoopConfiguration()), spark)
                .examples(folder.resolve("scratch" + scratches++).toString(), known, new PassLog());
    }

    Examples read(Path input, String... keys) {
        return read(input, null, keys);
    }
}
