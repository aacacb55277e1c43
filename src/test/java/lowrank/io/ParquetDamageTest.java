package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.io.ParquetRows.Target;
import lowrank.io.ParquetTableWriter.Type;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetDamageTest {
    @TempDir
    Path folder;

    private Path file;
    private byte[] sound;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("table.parquet");
        Parquets.write(file, Parquets.random(600, 40, 2), Type.DOUBLE_VECTOR, Precision.DOUBLE, 300, "none");
        sound = Files.readAllBytes(file);
    }

    @Test
    void refusesWhatIsNotParquet() throws IOException {
        for (byte[] bytes : new byte[][] {
            {},
            {'P', 'A', 'R', '1'},
            "a,b\n1,2\n3,4\n5,6\n".getBytes(java.nio.charset.StandardCharsets.UTF_8),
            Arrays.copyOf(sound, sound.length / 2),
            Arrays.copyOf(sound, sound.length - 1),
            Arrays.copyOfRange(sound, 100, sound.length)
        }) {
            Files.write(file, bytes);
            assertThatThrownBy(() -> Parquets.footer(file))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining("table.parquet")
                    .hasMessageContaining("write it again");
        }
    }

    @Test
    void namesAFileThatIsMissing() {
        assertThatThrownBy(() -> Parquets.footer(folder.resolve("none.parquet")))
                .isInstanceOf(MissingInputException.class)
                .hasMessageContaining("none.parquet is gone");
    }

    @Test
    void findsAFlippedBit() throws IOException {
        // The middle of the first and of the last quarter: values of row groups 0 and 1.
        for (int at : new int[] {sound.length / 4, sound.length * 3 / 4}) {
            byte[] bytes = sound.clone();
            bytes[at] ^= 4;
            Files.write(file, bytes);
            assertThatThrownBy(() -> Parquets.read(file, "values", Precision.DOUBLE, null, 0, 100))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining("table.parquet column values row group " + (at > sound.length / 2 ? 1 : 0))
                    .hasMessageContaining("checksum");
        }
    }

    @Test
    void neverFailsInAnotherWay() throws IOException {
        Path duck = folder.resolve("duck.parquet");
        Parquets.duck("copy (select i as row, [i / 3, i, 7.5] as values from range(500) t(i)) to '" + duck
                + "' (format parquet, codec zstd)");
        for (byte[] whole : List.of(sound, Files.readAllBytes(duck))) {
            SplittableRandom random = new SplittableRandom(9);
            for (int trial = 0; trial < 150; trial++) {
                byte[] bytes = whole.clone();
                bytes[random.nextInt(bytes.length - 600)] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bytes);
                try {
                    Parquets.read(file, "values", Precision.DOUBLE, "row", 0, 100, 0, 0, whole == sound ? 40 : 3);
                } catch (CorruptFileException | UncheckedIOException e) {
                    assertThat(e).hasMessageContaining("table.parquet");
                }
            }
        }
    }

    @Test
    void noticesThatTheFileChanged() {
        ParquetFooter footer = Parquets.footer(file);
        Parquets.write(file, Parquets.random(601, 40, 2), Type.DOUBLE_VECTOR, Precision.DOUBLE, 300, "none");
        List<Target> targets = List.of(new Target("values", Precision.DOUBLE, 40, 0));
        assertThatThrownBy(() -> ParquetRows.open(Parquets.CONF, footer, targets, null, 0))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("has changed");
    }

    @Test
    void refusesWhatIsAskedForWrongly() {
        ParquetFooter footer = Parquets.footer(file);
        for (String column : new String[] {"nowhere", "name"}) {
            List<Target> targets = List.of(new Target(column, Precision.DOUBLE, 40, 0));
            assertThatThrownBy(() -> ParquetRows.open(Parquets.CONF, footer, targets, null, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(column);
        }
        List<Target> targets = List.of(new Target("values", Precision.DOUBLE, 40, 0));
        assertThatThrownBy(() -> ParquetRows.open(Parquets.CONF, footer, targets, "values", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("twice");
        assertThatThrownBy(() -> ParquetRows.open(Parquets.CONF, footer, List.of(), "values", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot identify rows");
    }
}
