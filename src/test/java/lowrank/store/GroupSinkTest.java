package lowrank.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Classes;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowSink;
import lowrank.io.Group;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.KeyColumn;
import lowrank.io.ParquetTable;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of outputs: the same rows and the same digest whether groups share a part or have parts of their own. */
class GroupSinkTest {
    private static final HadoopConf CONF = new HadoopConf(new Configuration());
    private static final int WIDTH = 7;
    private static final long[] ROWS = {3, 5000, 1, 40};
    private static final List<KeyColumn> KEYS = List.of(
            new KeyColumn("document", Classes.ofTexts(List.of("b", "ä"))),
            new KeyColumn("layer", Classes.ofNumbers(Classes.Type.LONG, new double[] {1L << 40})),
            new KeyColumn("head", Classes.ofNumbers(Classes.Type.INT, new double[] {-1, 4})));

    @TempDir
    private Path folder;

    private static List<Group> groups() {
        List<Group> groups = new ArrayList<>();
        long first = 0;
        for (int g = 0; g < ROWS.length; g++) {
            groups.add(new Group(g, new double[] {g / 2, 0, g % 2}, first, ROWS[g], 1));
            first += ROWS[g];
        }
        return groups;
    }

    private static MatrixRows rows(Group group) {
        Matrix matrix = Matrix.zeros((int) group.rows(), WIDTH);
        Philox random = new Philox(5, group.index());
        double[] row = new double[WIDTH];
        for (int i = 0; i < matrix.rows(); i++) {
            random.gaussians(i, 0, row, 0, WIDTH);
            for (int j = 0; j < WIDTH; j++) {
                matrix.set(i, j, row[j]);
            }
        }
        return new MatrixRows(matrix, "out", Precision.DOUBLE, new Layout(matrix.rows(), 1024, 256));
    }

    private interface Writing {
        List<RowSink.Written> write(GroupSink sink);
    }

    private Manifest.Factor written(String name, Precision stored, Writing writing) {
        try (OutputFolder out = OutputFolder.at(CONF, folder.resolve(name).toString(), OutputFolder.Mode.FAIL)) {
            out.begin();
            GroupSink sink = out.groupSink("output", KEYS, WIDTH, stored, "none");
            Manifest.Factor factor = out.collect("output", writing.write(sink), WIDTH, stored);
            out.publish();
            return factor;
        }
    }

    private static List<RowSink.Written> apart(GroupSink sink, int tasks) {
        List<RowSink.Written> parts = new ArrayList<>();
        for (Group group : groups()) {
            parts.addAll(LocalBlocks.of(rows(group), tasks)
                    .write(sink.of(group), Pass.nothing())
                    .parts());
        }
        return parts;
    }

    private static List<RowSink.Written> together(GroupSink sink, long planned, int blockRows) {
        try (Arena arena = new Arena();
                GroupSink.Part part = sink.open(groups().get(0), planned, blockRows, arena)) {
            for (Group group : groups()) {
                LocalBlocks.of(rows(group)).write(part.sink(group), Pass.nothing());
            }
            return List.of(part.finish());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void digestsDoNotTellHowPartsWereShared(Precision stored) {
        Manifest.Factor expected = written("apart", stored, sink -> apart(sink, 1));
        assertThat(expected.rows()).isEqualTo(5044);
        assertThat(written("tasks", stored, sink -> apart(sink, 4)).digest()).isEqualTo(expected.digest());
        assertThat(written("together", stored, sink -> together(sink, 5044, 256))
                        .digest())
                .isEqualTo(expected.digest());
        // Row groups shorter than a block: blocks are cut, digests are not.
        assertThat(written("cut", stored, sink -> together(sink, 100, 256)).digest())
                .isEqualTo(expected.digest());
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void valuesComeBackInTheOrderOfGroups(Precision stored) {
        written("out", stored, sink -> together(sink, 100, 256));
        List<InputFiles.Entry> files =
                InputFiles.list(CONF, folder.resolve("out/output").toString());
        ParquetTable table = ParquetTable.open(CONF, files, List.of(GroupSink.VALUES), null);
        for (Group group : groups()) {
            Layout layout = new Layout(group.rows(), 1024, 512);
            Matrix expected = rows(group).matrix();
            try (Arena arena = new Arena();
                    BlockStream stream =
                            table.source(stored, layout, group.firstRow()).open(layout.all(), false, arena)) {
                for (Block block = stream.next(); block != null; block = stream.next()) {
                    RowReader reader = new RowReader(WIDTH, stored);
                    for (int i = 0; i < block.rows(); i++) {
                        double[] row = reader.read(block.first(), i, 1);
                        for (int j = 0; j < WIDTH; j++) {
                            double value = expected.get((int) block.firstRow() + i, j);
                            assertThat(row[j]).isEqualTo(stored == Precision.FLOAT ? (float) value : value);
                        }
                    }
                }
            }
        }
    }

    @Test
    void otherReadersSeeKeysInTheirTypes() throws Exception {
        written("out", Precision.FLOAT, sink -> apart(sink, 4));
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            String from = " FROM '" + folder.resolve("out/output") + "/*.parquet'";
            List<String> types = new ArrayList<>();
            try (ResultSet columns = sql.executeQuery("DESCRIBE SELECT *" + from)) {
                while (columns.next()) {
                    types.add(columns.getString(1) + " " + columns.getString(2));
                }
            }
            assertThat(types)
                    .containsExactly(
                            "document VARCHAR", "layer BIGINT", "head INTEGER", "position BIGINT", "values FLOAT[]");
            List<String> rows = new ArrayList<>();
            try (ResultSet all = sql.executeQuery("SELECT document, layer, head, count(*), min(position), max(position)"
                    + from + " GROUP BY ALL ORDER BY 1, 3")) {
                while (all.next()) {
                    rows.add(all.getString(1) + " " + all.getLong(2) + " " + all.getInt(3) + " " + all.getLong(4) + " "
                            + all.getLong(5) + " " + all.getLong(6));
                }
            }
            assertThat(rows)
                    .containsExactly(
                            "b 1099511627776 -1 3 1 3",
                            "b 1099511627776 4 5000 1 5000",
                            "ä 1099511627776 -1 1 1 1",
                            "ä 1099511627776 4 40 1 40");
        }
        assertThat(Files.exists(folder.resolve("out/_attempts"))).isFalse();
    }
}
