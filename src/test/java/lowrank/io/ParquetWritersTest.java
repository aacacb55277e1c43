package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import lowrank.io.ParquetFooter.Field;
import lowrank.io.ParquetFooter.Kind;
import lowrank.io.ParquetRows.Target;
import lowrank.io.Parquets.Reading;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What others write: layouts of lists, encodings, page versions, scalars of all types. */
class ParquetWritersTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "repeated double v;",
                "required group v (LIST) { repeated double array; }",
                "optional group v (LIST) { repeated double v_tuple; }",
                "required group v (LIST) { repeated group list { required double element; } }",
                "optional group v (LIST) { repeated group list { required double element; } }",
                "optional group v (LIST) { repeated group bag { optional double array_element; } }",
                "optional group v (LIST) { repeated group list { optional float element; } }"
            })
    void readsEveryLayoutOfLists(String field) throws IOException {
        MessageType schema = MessageTypeParser.parseMessageType("message m { required int32 id; " + field + " }");
        double[][] rows = Parquets.random(700, 12, 4);
        for (WriterVersion version : WriterVersion.values()) {
            for (String encoding : new String[] {"plain", "dictionary", "split"}) {
                Path file = folder.resolve(version + encoding);
                try (ParquetWriter<Group> writer = ExampleParquetWriter.builder(Parquets.path(file))
                        .withType(schema)
                        .withWriterVersion(version)
                        .withDictionaryEncoding(encoding.equals("dictionary"))
                        .withByteStreamSplitEncoding(encoding.equals("split"))
                        .withPageSize(5000)
                        .withRowGroupSize(40_000L)
                        .build()) {
                    for (int i = 0; i < rows.length; i++) {
                        Group row = new SimpleGroupFactory(schema).newGroup().append("id", i);
                        fill(row, schema, rows[i]);
                        writer.write(row);
                    }
                }
                assertThat(Parquets.footer(file).field("v").orElseThrow().width())
                        .isEqualTo(12);
                Reading reading = Parquets.read(file, "v", Precision.DOUBLE, "id", 123, 100);
                assertThat(reading.rows()).isDeepEqualTo(Arrays.copyOfRange(rows, 123, 700));
                assertThat(((Ids.Longs) reading.ids()).values()[0]).isEqualTo(123);
                assertThat(reading.offenders().count()).isZero();
            }
        }
    }

    private static void fill(Group row, MessageType schema, double[] values) {
        if (schema.getType("v").isPrimitive()) {
            for (double value : values) {
                row.append("v", value);
            }
            return;
        }
        GroupType type = schema.getType("v").asGroupType();
        Group list = row.addGroup("v");
        for (double value : values) {
            if (type.getType(0).isPrimitive()) {
                list.add(0, value);
            } else if (type.getType(0)
                    .asGroupType()
                    .getType(0)
                    .asPrimitiveType()
                    .getPrimitiveTypeName()
                    .name()
                    .equals("FLOAT")) {
                list.addGroup(0).add(0, (float) value);
            } else {
                list.addGroup(0).add(0, value);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "double, ', parquet_version v2'",
        "float, ', parquet_version v2, codec zstd'",
        "double, ', parquet_version v2, codec gzip'",
        "double, ', codec lz4_raw'",
        "float, ', codec uncompressed, row_group_size 2048'",
    })
    void readsDucksOtherForms(String type, String options) {
        Path file = folder.resolve("duck.parquet");
        Parquets.duck("copy (select i as id, list_transform(range(6), j -> ((i * 31 + j) / 8)::" + type
                + ") as v, i / 4 as x from range(9000) t(i)) to '" + file + "' (format parquet" + options + ")");
        Reading reading = Parquets.read(file, "v", Precision.FLOAT, "id", 0, 4096);
        for (int i = 0; i < 9000; i++) {
            for (int j = 0; j < 6; j++) {
                assertThat(reading.rows()[i][j]).isEqualTo((i * 31 + j) / 8.0);
            }
            assertThat(((Ids.Longs) reading.ids()).values()[i]).isEqualTo(i);
        }
        assertThat(Parquets.read(file, "x", Precision.DOUBLE, null, 5000, 3000).rows()[7])
                .containsExactly(5007 / 4.0);
    }

    @Test
    void namesNullsAndRaggedRowsOfDuck() {
        Path file = folder.resolve("duck.parquet");
        Parquets.duck("copy (select case i when 3 then null when 10 then [] when 2100 then [1.5::double, null]"
                + " when 2101 then [1.0::double, 2, 3] when 2102 then [1.0::double] else [i::double, -i] end as v,"
                + " case when i = 7 then null else 'n' || i end as name, case when i % 5 = 0 then null else i end as x"
                + " from range(2500) t(i)) to '" + file + "' (format parquet, row_group_size 2048)");
        assertThat(Parquets.footer(file).field("v").orElseThrow().width()).isEqualTo(ParquetFooter.RAGGED);
        Reading reading = Parquets.read(file, "v", Precision.DOUBLE, "name", 0, 1000);
        assertThat(reading.offenders().first().stream().map(o -> o.row() + " " + o.column() + " " + o.problem()))
                .containsExactly(
                        "3 v is null",
                        "7 name is null",
                        "10 v has 0 values instead of 2",
                        "2100 v has a null element at position 1",
                        "2101 v has 3 values instead of 2",
                        "2102 v has 1 value instead of 2");
        assertThat(reading.rows()[2101]).containsExactly(0, 0);
        assertThat(reading.rows()[2499]).containsExactly(2499, -2499);
        Reading scalars = Parquets.read(file, "x", Precision.FLOAT, null, 1, 600);
        assertThat(scalars.offenders().count()).isEqualTo(499);
        assertThat(scalars.offenders().first().get(0).row()).isEqualTo(5);
        assertThat(scalars.rows()[2497]).containsExactly(2498);
    }

    @Test
    void packsScalarsSideBySide() {
        Path file = folder.resolve("duck.parquet");
        Parquets.duck(
                "copy (select (i % 100)::tinyint as a, i::integer as b, (i * 1000000007)::bigint as c, (i / 8)::float"
                        + " as d, i / 3 as e, i % 2 = 0 as f, (4000000000 + i)::uinteger as g, date '2020-01-01' as h, 't' as t,"
                        + " case when i in (5, 6) then null else i end as n, {'x': 1.0::double} as s, [1] as w, i::hugeint as u"
                        + " from range(3000) t(i)) to '" + file + "' (format parquet)");
        ParquetFooter footer = Parquets.footer(file);
        assertThat(footer.fields().stream().map(Field::kind))
                .containsExactly(
                        Kind.INT,
                        Kind.INT,
                        Kind.LONG,
                        Kind.FLOAT,
                        Kind.DOUBLE,
                        Kind.BOOLEAN,
                        Kind.LONG,
                        Kind.OTHER,
                        Kind.TEXT,
                        Kind.LONG,
                        Kind.OTHER,
                        Kind.OTHER,
                        Kind.DOUBLE);
        String[] names = {"a", "b", "c", "d", "e", "f", "g", "n"};
        List<Target> targets = new ArrayList<>();
        for (int t = 0; t < names.length; t++) {
            targets.add(new Target(names[t], Precision.DOUBLE, names.length, t));
        }
        Offenders offenders = new Offenders();
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(Parquets.CONF, footer.only(List.of(names)), targets, null, 2)) {
            long address = arena.doubles(2998L * names.length);
            long[] addresses = new long[names.length];
            Arrays.fill(addresses, address);
            rows.read(2998, addresses, 2, offenders);
            for (int row = 0; row < 2998; row++) {
                long i = row + 2;
                double[] expected = {
                    i % 100,
                    i,
                    i * 1000000007L,
                    i / 8.0,
                    i / 3.0,
                    i % 2 == 0 ? 1 : 0,
                    4000000000L + i,
                    i == 5 || i == 6 ? 0 : i
                };
                double[] actual = new double[names.length];
                OffHeap.get(address + 8L * names.length * row, actual, 0, names.length);
                assertThat(actual).containsExactly(expected);
            }
        }
        assertThat(offenders.first().toString())
                .isEqualTo("[Offender[row=5, column=n, problem=is null], Offender[row=6, column=n, problem=is null]]");
    }

    @Test
    void filesWithoutRowsHaveWidthZero() {
        Path file = folder.resolve("duck.parquet");
        Parquets.duck("copy (select [1.0::double] as v, 1 as id where false) to '" + file + "' (format parquet)");
        assertThat(Parquets.footer(file).rows()).isZero();
        assertThat(Parquets.footer(file).field("v").orElseThrow()).isEqualTo(new Field("v", Kind.DOUBLE_VECTOR, 0));
        assertThat(Parquets.read(file, "v", Precision.DOUBLE, "id", 0, 10).rows())
                .isEmpty();
    }

    @Test
    void footersAndConfigurationsTravel() throws IOException, ClassNotFoundException {
        Path file = folder.resolve("duck.parquet");
        Parquets.duck("copy (select [1.0::double] as v, 1 as id) to '" + file + "' (format parquet)");
        ParquetFooter footer = Parquets.footer(file);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Parquets.CONF.get().set("lowrank.test", "kept");
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(footer);
            out.writeObject(Parquets.CONF);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(footer);
            HadoopConf conf = (HadoopConf) in.readObject();
            assertThat(conf.get().get("lowrank.test")).isEqualTo("kept");
            conf.fileSystem(Parquets.path(file))
                    .create(Parquets.path(folder.resolve("plain")))
                    .close();
        }
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("duck.parquet", "plain");
        }
    }
}
