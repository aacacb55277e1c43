package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import lowrank.blas.Precision;
import lowrank.blocks.Offenders.Offender;
import lowrank.io.Parquets.Reading;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridEncoder;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files whose pages are cut anywhere, with every kind of row that cannot be factored: written entry by entry. */
class ParquetEntriesTest {
    private static final MessageType SCHEMA = MessageTypeParser.parseMessageType(
            "message m { optional group v (LIST) { repeated group list { optional double element; } } }");

    @TempDir
    Path folder;

    /** An entry of the chunk. */
    private record Entry(int repetition, int definition, double value) {}

    /** What a file holds, and what reading it must bring. */
    private static final class Model {
        final List<Entry> entries = new ArrayList<>();
        final List<double[]> rows = new ArrayList<>();
        final List<Offender> offenders = new ArrayList<>();
    }

    @ParameterizedTest
    @CsvSource({
        // width, percent of bad rows, entries per page at most, V2
        "4, 0, 7, false",
        "4, 5, 9, false",
        "4, 60, 9, false",
        "1, 10, 5, false",
        "1, 0, 1, false",
        "40, 2, 300, false",
        "40, 30, 13, false",
        "9, 3, 1000, true",
        "40, 0, 64, true",
        "2, 100, 3, true"
    })
    void namesEveryBadRowAndReadsTheRest(int width, int badPercent, int pageEntries, boolean second)
            throws IOException {
        for (int seed = 0; seed < 12; seed++) {
            SplittableRandom random = new SplittableRandom(100 * width + seed);
            Model[] groups = {
                model(random, width, badPercent, 0, 60 + random.nextInt(5)),
                model(random, width, badPercent, 0, 1 + random.nextInt(40))
            };
            Path file = folder.resolve("entries.parquet");
            write(file, groups, pageEntries, random, second);
            List<double[]> rows = new ArrayList<>(groups[0].rows);
            rows.addAll(groups[1].rows);
            List<Offender> offenders = new ArrayList<>(groups[0].offenders);
            groups[1].offenders.forEach(
                    o -> offenders.add(new Offender(o.row() + groups[0].rows.size(), o.column(), o.problem())));
            for (int trial = 0; trial < 6; trial++) {
                int from = trial == 0 ? 0 : random.nextInt(rows.size());
                Precision precision = Precision.values()[trial % 2];
                Reading reading = Parquets.read(
                        file, "v", precision, null, from, 1 + random.nextInt(50), trial % 3, trial % 2, width);
                assertThat(reading.rows())
                        .isDeepEqualTo(rows.subList(from, rows.size()).toArray(double[][]::new));
                List<Offender> expected =
                        offenders.stream().filter(o -> o.row() >= from).toList();
                assertThat(reading.offenders().count()).isEqualTo(expected.size());
                assertThat(reading.offenders().first()).isEqualTo(expected.subList(0, Math.min(10, expected.size())));
            }
        }
    }

    private static Model model(SplittableRandom random, int width, int badPercent, int firstRow, int rows) {
        Model model = new Model();
        for (int row = 0; row < rows; row++) {
            int kind = random.nextInt(100) < badPercent ? random.nextInt(4) : -1;
            String problem = null;
            int length = width;
            int nullAt = -1;
            if (kind == 0) {
                model.entries.add(new Entry(0, 0, 0));
                problem = "is null";
                length = 0;
            } else if (kind == 1) {
                model.entries.add(new Entry(0, 1, 0));
                problem = "has 0 values instead of " + width;
                length = 0;
            } else if (kind == 2) {
                length = 1 + random.nextInt(2 * width);
                problem = length == width
                        ? null
                        : "has " + length + (length == 1 ? " value" : " values") + " instead of " + width;
            } else if (kind == 3) {
                nullAt = random.nextInt(width);
                problem = "has a null element at position " + nullAt;
            }
            double[] values = new double[width];
            for (int j = 0; j < length; j++) {
                double value = (float) random.nextDouble();
                model.entries.add(new Entry(j == 0 ? 0 : 1, j == nullAt ? 2 : 3, value));
                if (problem == null) {
                    values[j] = value;
                }
            }
            model.rows.add(values);
            if (problem != null) {
                model.offenders.add(new Offender(firstRow + row, "v", problem));
            }
        }
        return model;
    }

    private static void write(Path file, Model[] groups, int pageEntries, SplittableRandom random, boolean second)
            throws IOException {
        org.apache.hadoop.fs.Path path = Parquets.path(file);
        ColumnDescriptor column = SCHEMA.getColumns().get(0);
        try (ParquetFileWriter writer = new ParquetFileWriter(
                new ParquetOutput(Parquets.CONF.fileSystem(path), path, new CRC32C()),
                SCHEMA,
                ParquetFileWriter.Mode.OVERWRITE,
                Long.MAX_VALUE,
                0,
                null,
                ParquetProperties.builder().build())) {
            writer.start();
            for (Model group : groups) {
                writer.startBlock(group.rows.size());
                writer.startColumn(column, group.entries.size(), CompressionCodecName.UNCOMPRESSED);
                int from = 0;
                while (from < group.entries.size()) {
                    int to = Math.min(group.entries.size(), from + 1 + random.nextInt(pageEntries));
                    page(writer, column, group.entries.subList(from, to), second);
                    from = to;
                }
                writer.endColumn();
                writer.endBlock();
            }
            writer.end(Map.of());
        }
    }

    private static void page(ParquetFileWriter writer, ColumnDescriptor column, List<Entry> entries, boolean second)
            throws IOException {
        byte[] repetition =
                levels(1, entries.stream().mapToInt(Entry::repetition).toArray());
        byte[] definition =
                levels(2, entries.stream().mapToInt(Entry::definition).toArray());
        List<Entry> present = entries.stream().filter(e -> e.definition == 3).toList();
        ByteBuffer values = ByteBuffer.allocate(8 * present.size()).order(ByteOrder.LITTLE_ENDIAN);
        present.forEach(e -> values.putDouble(e.value));
        Statistics<?> statistics = Statistics.createStats(column.getPrimitiveType());
        if (second) {
            writer.writeDataPageV2(
                    Math.max(1, (int)
                            entries.stream().filter(e -> e.repetition == 0).count()),
                    entries.size() - present.size(),
                    entries.size(),
                    BytesInput.from(repetition),
                    BytesInput.from(definition),
                    Encoding.PLAIN,
                    BytesInput.from(values.array()),
                    values.capacity(),
                    statistics);
            return;
        }
        ByteBuffer all = ByteBuffer.allocate(8 + repetition.length + definition.length + values.capacity())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(repetition.length)
                .put(repetition)
                .putInt(definition.length)
                .put(definition)
                .put(values.array());
        writer.writeDataPage(
                entries.size(),
                all.capacity(),
                BytesInput.from(all.array()),
                statistics,
                Encoding.RLE,
                Encoding.RLE,
                Encoding.PLAIN);
    }

    private static byte[] levels(int bitWidth, int[] levels) throws IOException {
        try (RunLengthBitPackingHybridEncoder encoder =
                new RunLengthBitPackingHybridEncoder(bitWidth, 64, 1 << 20, new HeapByteBufferAllocator())) {
            for (int level : levels) {
                encoder.writeInt(level);
            }
            return encoder.toBytes().toByteArray();
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "8", "31", "512"})
    void checksOfRunsAgreeWithLevelsOneByOne(int width) throws IOException {
        SplittableRandom random = new SplittableRandom(width);
        for (int trial = 0; trial < 2000; trial++) {
            int position = random.nextInt(width);
            int count = 1 + random.nextInt(3 * width + 20);
            int[] repetition = new int[count];
            for (int i = 0; i < count; i++) {
                repetition[i] = (position + i) % width == 0 ? 0 : 1;
            }
            boolean spoilt = random.nextInt(2) == 0;
            if (spoilt) {
                repetition[random.nextInt(count)] ^= 1;
            }
            byte[] bytes = levels(1, repetition);
            assertThat(Levels.rowsOf(ByteBuffer.wrap(bytes), width, position, count))
                    .isEqualTo(!spoilt);
            assertThat(Levels.unpack(ByteBuffer.wrap(bytes), 1, count)).isEqualTo(narrow(repetition));
            int maximum = 1 + random.nextInt(3);
            int[] definition = new int[count];
            Arrays.fill(definition, maximum);
            if (spoilt) {
                definition[random.nextInt(count)]--;
            }
            bytes = levels(maximum == 1 ? 1 : 2, definition);
            assertThat(Levels.allMaximal(ByteBuffer.wrap(bytes), maximum, count))
                    .isEqualTo(!spoilt);
            assertThat(Levels.unpack(ByteBuffer.wrap(bytes), maximum, count)).isEqualTo(narrow(definition));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 7, 8, 13, 17, 24, 31})
    void dictionaryPlacesOfAnyWidth(int bitWidth) throws IOException {
        SplittableRandom random = new SplittableRandom(bitWidth);
        for (int trial = 0; trial < 50; trial++) {
            int count = 1 + random.nextInt(5000);
            int[] ids = new int[count];
            for (int i = 0; i < count; i++) {
                boolean same = i > 0 && random.nextInt(trial + 1) > 0;
                ids[i] = same ? ids[i - 1] : (int) random.nextLong(1L << bitWidth);
            }
            byte[] runs = levels(bitWidth, ids);
            ByteBuffer page = ByteBuffer.allocate(runs.length + 1)
                    .put((byte) bitWidth)
                    .put(runs)
                    .flip();
            DictionaryIds all = new DictionaryIds(page);
            int at = 0;
            while (at < count) {
                int some = Math.min(count - at, 1 + random.nextInt(700));
                if (random.nextInt(4) == 0) {
                    all.skip(some);
                } else {
                    int[] read = new int[some];
                    all.next(read, some);
                    assertThat(read).isEqualTo(Arrays.copyOfRange(ids, at, at + some));
                }
                at += some;
            }
        }
    }

    private static byte[] narrow(int[] values) {
        byte[] narrow = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (byte) values[i];
        }
        return narrow;
    }
}
