package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.io.ParquetFooter.Kind;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.io.Parquets.Reading;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParquetRoundTripTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8, 9, 31, 32, 33, 784})
    void comesBackBitForBit(int width) {
        Path file = folder.resolve("table.parquet");
        double[][] rows = Parquets.random(1000, width, 5);
        for (Type type : new Type[] {Type.DOUBLE_VECTOR, Type.FLOAT_VECTOR}) {
            for (Precision precision : Precision.values()) {
                Parquets.write(file, rows, type, precision, 300, "none");
                ParquetFooter footer = Parquets.footer(file);
                assertThat(footer.rows()).isEqualTo(1000);
                assertThat(footer.groups()).hasSize(4);
                assertThat(footer.checksums()).isTrue();
                ParquetFooter.Field field = footer.field("values").orElseThrow();
                assertThat(field.width()).isEqualTo(width);
                assertThat(field.kind()).isEqualTo(type == Type.DOUBLE_VECTOR ? Kind.DOUBLE_VECTOR : Kind.FLOAT_VECTOR);
                for (Precision to : Precision.values()) {
                    Reading reading = Parquets.read(file, "values", to, "row", 0, 130);
                    assertThat(reading.rows()).isDeepEqualTo(rows);
                    assertThat(reading.offenders().count()).isZero();
                    assertThat(((Ids.Longs) reading.ids()).values()[999]).isEqualTo(999);
                }
            }
        }
    }

    @Test
    void doublesKeepEveryBit() {
        Path file = folder.resolve("table.parquet");
        double[][] rows = new double[100][];
        SplittableRandom random = new SplittableRandom(3);
        Arrays.setAll(rows, i -> random.doubles(37, -1e300, 1e300).toArray());
        rows[3][4] = -0.0;
        rows[5][6] = Double.NaN;
        rows[7][8] = Double.NEGATIVE_INFINITY;
        rows[9][10] = Double.MIN_VALUE;
        Parquets.write(file, rows, Type.DOUBLE_VECTOR, Precision.DOUBLE, 64, "zstd");
        Reading reading = Parquets.read(file, "values", Precision.DOUBLE, "name", 0, 33);
        for (int i = 0; i < rows.length; i++) {
            // Arrays.equals tells NaN from NaN by their bits, and -0 from 0.
            assertThat(Arrays.equals(reading.rows()[i], rows[i])).isTrue();
        }
        assertThat(((Ids.Texts) reading.ids()).values()[99]).isEqualTo("né 99");
    }

    @ParameterizedTest
    @CsvSource({"5,0,3", "300,2,0", "1,1,1", "8,0,1"})
    void rowsMayLieApart(int width, int offset, int gap) {
        Path file = folder.resolve("table.parquet");
        double[][] rows = Parquets.random(500, width, 8);
        Parquets.write(file, rows, Type.DOUBLE_VECTOR, Precision.DOUBLE, 400, "snappy");
        for (Precision to : Precision.values()) {
            assertThat(Parquets.read(file, "values", to, null, 0, 77, offset, gap, 0)
                            .rows())
                    .isDeepEqualTo(rows);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 700})
    void beginsAtAnyRow(int width) {
        Path file = folder.resolve("table.parquet");
        // Rows of 5600 bytes: several pages in each group.
        double[][] rows = Parquets.random(2000, width, 8);
        Parquets.write(file, rows, Type.DOUBLE_VECTOR, Precision.DOUBLE, 900, "none");
        SplittableRandom random = new SplittableRandom(1);
        for (int trial = 0; trial < 10; trial++) {
            int from = trial == 0 ? 2000 : trial == 1 ? 900 : random.nextInt(2000);
            Reading reading = Parquets.read(file, "values", Precision.DOUBLE, "row", from, 250);
            assertThat(reading.rows()).isDeepEqualTo(Arrays.copyOfRange(rows, from, 2000));
            long[] ids = ((Ids.Longs) reading.ids()).values();
            for (int i = 0; i < ids.length; i++) {
                assertThat(ids[i]).isEqualTo(from + i);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "zstd", "snappy"})
    void duckReadsWhatIsWritten(String codec) {
        Path file = folder.resolve("table.parquet");
        double[][] rows = Parquets.random(3000, 33, 11);
        Parquets.write(file, rows, Type.DOUBLE_VECTOR, Precision.DOUBLE, 1024, codec);
        String from = " from '" + file + "'";
        assertThat(Parquets.ask("select count(*)" + from)).containsExactly(3000L);
        assertThat(Parquets.ask("select values[7]" + from + " order by row"))
                .containsExactlyElementsOf(
                        Arrays.stream(rows).map(r -> (Object) r[6]).toList());
        assertThat(Parquets.ask("select row" + from + " where name = 'né 2047'"))
                .containsExactly(2047L);
        assertThat(Parquets.ask("select name" + from + " where row = 1024")).containsExactly("né 1024");
        assertThat(Parquets.ask("select count(*)" + from + " where len(values) = 33"))
                .containsExactly(3000L);
    }

    @Test
    void writesRowsThatLieApart() {
        Path file = folder.resolve("table.parquet");
        double[][] rows = Parquets.random(40_000, 9, 8);
        for (Precision from : Precision.values()) {
            try (Arena arena = new Arena();
                    ParquetTableWriter writer = ParquetTableWriter.create(
                            Parquets.CONF,
                            Parquets.path(file),
                            List.of(new ParquetTableWriter.Column("values", Type.DOUBLE_VECTOR)),
                            "none",
                            Map.of())) {
                long address = arena.allocate(40_000L * 12, from);
                for (int i = 0; i < rows.length; i++) {
                    for (int j = 0; j < 9; j++) {
                        Parquets.put(address, 12L * i + j, rows[i][j], from);
                    }
                }
                writer.rowGroup(rows.length, List.of(new ColumnData.VectorData(address, 9, 12, from)));
                assertThat(writer.finish()).isEqualTo(Parquets.footer(file).length());
            }
            assertThat(Parquets.read(file, "values", Precision.DOUBLE, null, 0, 7000)
                            .rows())
                    .isDeepEqualTo(rows);
        }
    }

    @Test
    void writesEmptyListsForRankZero() {
        Path file = folder.resolve("table.parquet");
        Parquets.write(file, new double[20][0], Type.DOUBLE_VECTOR, Precision.DOUBLE, 16, "none");
        assertThat(Parquets.ask("select sum(len(values)) from '" + file + "'").toString())
                .isEqualTo("[0]");
    }

    @Test
    void leavesNothingUnlessFinished() {
        Path file = folder.resolve("table.parquet");
        try (ParquetTableWriter writer = ParquetTableWriter.create(
                Parquets.CONF,
                Parquets.path(file),
                List.of(new ParquetTableWriter.Column("a", Type.INT)),
                "none",
                Map.of())) {
            writer.rowGroup(2, List.of(new ColumnData.Ints(new int[] {1, 2})));
            assertThat(Files.exists(file)).isTrue();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({
        "double, ''",
        "float, ''",
        "double, ', codec zstd'",
        "float, ', codec zstd'",
        "double, ', codec snappy'",
        "double, ', row_group_size 2048'",
    })
    void readsWhatDuckWrites(String type, String options) {
        Path file = folder.resolve("duck.parquet");
        for (String value : new String[] {"(i * 31 + j) / 7", "((i + j) % 4) / 2"}) {
            // The second has few distinct values: DuckDB writes a dictionary.
            Parquets.duck("copy (select i::integer as id, 'r' || i as name, list_transform(range(50), j -> (" + value
                    + ")::" + type + ") as v from range(5000) t(i)) to '" + file + "' (format parquet" + options
                    + ")");
            double[][] rows = new double[5000][50];
            for (int i = 0; i < 5000; i++) {
                for (int j = 0; j < 50; j++) {
                    double exact = value.endsWith("7") ? (i * 31 + j) / 7.0 : ((i + j) % 4) / 2.0;
                    rows[i][j] = type.equals("float") ? (float) exact : exact;
                }
            }
            assertThat(Parquets.footer(file).checksums()).isFalse();
            for (int from : new int[] {0, 1, 2047, 2048, 4321}) {
                Reading reading = Parquets.read(file, "v", Precision.DOUBLE, "id", from, 1000);
                assertThat(reading.rows()).isDeepEqualTo(Arrays.copyOfRange(rows, from, 5000));
                assertThat(((Ids.Longs) reading.ids()).values()[0]).isEqualTo(from);
                assertThat(((Ids.Texts) Parquets.read(file, "v", Precision.DOUBLE, "name", from, 1000)
                                        .ids())
                                .values()[0])
                        .isEqualTo("r" + from);
            }
        }
    }
}
