package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.io.FormatFiles;
import lowrank.io.FormatFiles.Hole;
import org.apache.arrow.vector.compression.CompressionUtil.CodecType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bad input in every format but plain Parquet: the exit code, the place in the message, and nothing visible afterwards. */
class BadReadersTest {
    @TempDir
    private Path folder;

    private Path input;
    private final double[][] matrix = FormatFiles.matrix(50, 3, 1);

    @BeforeEach
    void makeInput() throws IOException {
        input = Files.createDirectory(folder.resolve("input"));
    }

    private void assertFails(String format, int code, String keys, String... places) throws IOException {
        List<String> all = new ArrayList<>(List.of(
                "read.path=" + input, "read.format=" + format, "write.path=" + folder.resolve("out"), "factor.rank=2"));
        if (!keys.isEmpty()) {
            all.addAll(List.of(keys.split("&")));
        }
        Cli cli = Cli.job(folder, all.toArray(String[]::new));
        assertThat(cli.code()).as(cli.err()).isEqualTo(code);
        assertThat(cli.message()).contains(places).doesNotContain("Exception", "\tat ");
        assertThat(cli.lastLine()).isEqualTo("LOWRANK RESULT status=failed code=" + code + " output=-");
        assertThat(folder.resolve("out")).doesNotExist();
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.startsWith(".out"));
        }
    }

    private void text(String name, String... lines) throws IOException {
        Files.writeString(input.resolve(name), String.join("\n", lines));
    }

    private void parquet(String select) throws Exception {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute("copy (select " + select + " from range(100) t(i)) to '" + input.resolve("a.parquet")
                    + "' (format parquet)");
        }
    }

    @Test
    void npyFiles() throws IOException {
        FormatFiles.npy(input.resolve("a.npy"), matrix, false, false, 1);
        FormatFiles.npy(input.resolve("b.npy"), FormatFiles.matrix(5, 4, 2), false, false, 1);
        assertFails("npy", 65, "", "b.npy has 4 columns, but a.npy has 3");
        matrix[7][1] = Double.NaN;
        FormatFiles.npy(input.resolve("b.npy"), matrix, false, false, 1);
        assertFails("npy", 65, "", "b.npy row 7 column features[1] is NaN");
        byte[] bytes = Files.readAllBytes(input.resolve("b.npy"));
        Files.write(input.resolve("b.npy"), Arrays.copyOf(bytes, bytes.length - 1));
        assertFails("npy", 74, "", "b.npy", "cut off");
        Files.write(input.resolve("b.npy"), Arrays.copyOf(bytes, bytes.length + 1));
        assertFails("npy", 74, "", "b.npy", "something follows");
        Files.write(input.resolve("b.npy"), new byte[3]);
        assertFails("npy", 74, "", "b.npy is too short");
        text("b.npy", "surely something else");
        assertFails("npy", 74, "", "b.npy does not begin");
        assertFails("npy", 64, "read.id=x", "read.id does not apply to read.format = npy");
    }

    @Test
    void hostileNpyHeaders() throws IOException {
        byte[] data = new byte[48];
        String[][] bad = {
            {"{'descr': '>f8', 'fortran_order': False, 'shape': (2, 3), }", "65", "big-endian"},
            {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }", "65", "Python objects"},
            {"{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }", "65", "type <i8"},
            {"{'descr': [('x', '<f8'), ('y', '<f8')], 'fortran_order': False, 'shape': (3,), }", "65", "structured"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }", "65", "1 dimensions"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 1), }", "65", "3 dimensions"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (6, 0), }", "65", "rows without values"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", "74", "something follows"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999999, 3), }", "74", "cut off"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999999999, 3), }", "74", "beyond all files"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999999999, 3), }", "74", "NumPy would not"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (-2, 3), }", "74", "NumPy would not"},
            {"{'descr': '<f8', 'fortran_order': 0, 'shape': (2, 3), }", "74", "NumPy would not"},
            {"{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "74", "NumPy would not"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", "74", "NumPy would not"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), } + __import__('os')", "74", "NumPy would"},
            {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3", "74", "NumPy would not"},
            {"{'descr': [[[[[[[[, 'fortran_order': False, 'shape': (2, 3)}", "74", "NumPy would not"},
            {"", "74", "NumPy would not"},
            {" ".repeat(10_001), "74", "header of 10001 bytes"},
        };
        for (String[] header : bad) {
            FormatFiles.npy(input.resolve("a.npy"), 1, header[0], data);
            assertFails("npy", Integer.parseInt(header[1]), "", "a.npy", header[2]);
        }
        FormatFiles.npy(input.resolve("a.npy"), 9, bad[0][0], data);
        assertFails("npy", 74, "", "a.npy has .npy version 9");
        byte[] endless = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, -1, -1, -1, -1, '{'};
        Files.write(input.resolve("a.npy"), endless);
        assertFails("npy", 74, "", "a.npy has a header of 4294967295 bytes");
        Files.write(input.resolve("a.npy"), Arrays.copyOf(endless, 11));
        assertFails("npy", 74, "", "a.npy ends inside its header");
    }

    @Test
    void arrowFiles() throws IOException {
        Path file = input.resolve("a.arrow");
        FormatFiles.arrow(
                file, matrix, false, 20, CodecType.NO_COMPRESSION, List.of(new Hole(30, -1), new Hole(41, 2)));
        assertFails(
                "arrow", 65, "", "a.arrow row 30 column features is null", "a.arrow row 41 column features[2] is null");
        assertFails("arrow", 65, "read.vector=x", "a.arrow has no column x; it has row, name, features, c0");
        assertFails("arrow", 65, "read.vector=name", "a.arrow column name is Utf8");
        assertFails("arrow", 65, "read.id=c0", "column c0 cannot identify rows");
        assertFails("arrow", 65, "read.columns=c0,features", "column features is a vector");
        FormatFiles.arrow(
                input.resolve("b.arrow"), FormatFiles.matrix(5, 4, 2), false, 9, CodecType.NO_COMPRESSION, List.of());
        assertFails("arrow", 65, "", "b.arrow column features has 4 values per row, but a.arrow has 3");
        Files.delete(input.resolve("b.arrow"));
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        assertFails("arrow", 74, "", "a.arrow", "cut off");
        Files.write(file, new byte[0]);
        assertFails("arrow", 74, "", "a.arrow is too short");
        text("a.arrow", "something else, long enough to be looked at");
        assertFails("arrow", 74, "", "a.arrow does not begin");
    }

    /** Whatever byte is damaged, the run succeeds or fails by name; it neither crashes nor reads beyond a buffer. */
    @Test
    void damagedArrowHeads() throws IOException {
        Path file = input.resolve("a.arrow");
        FormatFiles.arrow(file, matrix, false, 25, CodecType.ZSTD, List.of());
        byte[] bytes = Files.readAllBytes(file);
        for (int at = bytes.length - 9; at > bytes.length - 1200 && at > 8; at -= 37) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 0x55;
            Files.write(file, damaged);
            Cli cli = Cli.job(
                    folder,
                    "read.path=" + input,
                    "read.format=arrow",
                    "write.path=" + folder.resolve("out"),
                    "write.mode=replace",
                    "factor.rank=2");
            assertThat(cli.code()).as("byte %s: %s", at, cli.message()).isIn(0, 65, 66, 74, 78);
        }
    }

    @Test
    void csvFiles() throws IOException {
        text("a.csv", "x,y,key", "1,2,k", "3,four,k", "5,,k", "7,8,k");
        text("b.csv", "y,x,key", "1,1e999,k", "1,2", "1,2,3,4", "1,\"2,k", "NaN,0x1p3,k", "");
        assertFails(
                "csv",
                65,
                "read.id=key",
                "8 cells or rows",
                "a.csv line 3 column y is not a number",
                "a.csv line 4 column y is empty",
                "b.csv line 2 column x is too large for a double",
                "b.csv line 3 column 2 is missing",
                "b.csv line 4 column 3 is one too many",
                "b.csv line 5 column x",
                "b.csv line 6 column x is not a number",
                "b.csv line 6 column y is not a number");
        assertFails("csv", 65, "read.columns=x,z", "a.csv has no column z; it has x, y, key");
        text("b.csv", "x,y,key,more", "1,2,k,4");
        assertFails("csv", 65, "read.id=key", "b.csv has 4 columns");
        text("a.csv", "x,x", "1,2");
        assertFails("csv", 65, "", "a.csv has two columns x");
        Files.delete(input.resolve("b.csv"));
        text("a.csv", "x,y,key", "1,2,a", "3,4,b", "5,6,c", "5,6,b", "5,6,a");
        assertFails(
                "csv", 65, "read.id=key&read.check-ids=true", "row 1 of the input", "row 3 of the input", "same id");
        text("a.csv", "x,y,key");
        assertFails("csv", 66, "read.id=key", "no rows");
        text("a.csv", "");
        assertFails("csv", 66, "", "no rows");
        assertFails("csv", 64, "read.where=x > 1", "read.where does not apply to read.format = csv");
        assertFails("csv", 64, "read.check-ids=true", "needs read.id");
    }

    @Test
    void libsvmFiles() throws IOException {
        text("a.txt", "1 1:2 3:4", "", "x 1:1", "1 0:3", "1 2:1 2:3", "1 3:y", "1 3", "1 4:1");
        assertFails(
                "libsvm",
                65,
                "read.width=3",
                "a.txt line 3 column label is not a number",
                "a.txt line 4 column item 1 is not index:value",
                "a.txt line 5 column item 2 is not index:value",
                "a.txt line 6 column features[2] is not a number",
                "a.txt line 7 column item 1 is not index:value",
                "a.txt line 8 column item 1 has an index above read.width = 3");
        text("a.txt", "1", "-1");
        assertFails("libsvm", 66, "", "no index:value");
        assertFails("libsvm", 64, "read.rows=4", "read.rows does not apply to read.format = libsvm");
    }

    @Test
    void triplets() throws Exception {
        text("a.csv", "row,column,value", "0,0,1", "7,2,2", "1,1,3", "7,2,4");
        assertFails("triplets", 65, "", "row 7 column features[2] occurs twice");
        assertFails("triplets", 65, "read.rows=7", "a.csv line 3 column row is not below read.rows = 7");
        assertFails("triplets", 65, "read.width=2", "a.csv line 3 column column is not below read.width = 2");
        assertFails("triplets", 65, "read.triplets.value=v", "a.csv has no column v; it has row, column, value");
        text("a.csv", "row,column,value", "0.5,0,1", "7,-2,2", "1,1,x");
        assertFails(
                "triplets",
                65,
                "",
                "a.csv line 2 column row is not a whole number",
                "a.csv line 3 column column is not a whole number",
                "a.csv line 4 column value is not a number");
        Files.delete(input.resolve("a.csv"));
        parquet("i as row, if(i = 5, -1, i % 3) as column, if(i = 9, null, i * 1.5) as value");
        assertFails(
                "triplets", 65, "", "a.parquet row 5 column column is below 0", "a.parquet row 9 column value is null");
        assertFails("triplets", 65, "read.triplets.row=r", "a.parquet has no column r; it has row, column, value");
        assertFails("triplets", 65, "read.triplets.row=value", "column value is", "whole numbers");
    }

    @Test
    void expressions() throws Exception {
        parquet(
                "i::double as x, if(i = 4, null, i * 2.0)::double as y, [i, 1.0::double] as features, 'k' || (i % 97) as k");
        assertFails("parquet", 65, "read.columns=x,sqrt(y)", "a.parquet row 4 column sqrt(y) is null");
        assertFails(
                "parquet", 65, "read.columns=x,sqrt(2 - x)", "97 cells", "a.parquet row 3 column sqrt(2 - x) is NaN");
        assertFails("parquet", 65, "read.columns=x,k || x", "column k || x is string, not a number");
        assertFails("parquet", 65, "read.columns=x,1 / (x - 3)", "fails on a row (DIVIDE_BY_ZERO)");
        assertFails("parquet", 64, "read.where=z > 1", "read.where", "z");
        assertFails("parquet", 64, "read.where=x >", "read.where");
        assertFails("parquet", 66, "read.where=x > 1000", "read.where keeps none");
        assertFails(
                "parquet",
                65,
                "read.id=k&read.check-ids=true",
                "a.parquet row 0 and",
                "a.parquet row 97 have the same id");
        assertFails("parquet", 64, "read.csv.header=false", "read.csv.header does not apply to read.format = parquet");
    }
}
