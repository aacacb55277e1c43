package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockStream;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that come, go or change between the listing of a folder and the reading of it. */
class InputFilesTest {
    private final HadoopConf conf = new HadoopConf(new Configuration());

    @TempDir
    private Path folder;

    private void npy(String name, int rows) throws IOException {
        FormatFiles.npy(folder.resolve(name), FormatFiles.matrix(rows, 3, 1), false, false, 1);
    }

    private static void read(InputTable table) {
        Layout layout = Layout.of(table.rows(), 24, 0);
        try (Arena arena = new Arena();
                BlockStream stream = table.source(Precision.DOUBLE, layout).open(layout.all(), false, arena)) {
            while (stream.next() != null) {}
        }
    }

    @Test
    void aFileThatIsGoneIsMissingInputAndOneThatIsNewIsNotRead() throws IOException {
        npy("a.npy", 50);
        npy("b.npy", 60);
        List<InputFiles.Entry> files = InputFiles.list(conf, folder.toString());
        InputTable table = NpyTable.open(conf, files, "x");
        npy("c.npy", 70);
        read(table);
        assertThat(table.rows()).isEqualTo(110);
        Files.delete(folder.resolve("b.npy"));
        assertThatThrownBy(() -> read(table))
                .isInstanceOf(MissingInputException.class)
                .hasMessageContaining("b.npy is gone");
        assertThatThrownBy(() -> NpyTable.open(conf, files, "x"))
                .isInstanceOf(MissingInputException.class)
                .hasMessageContaining("b.npy is gone");
        assertThatThrownBy(() -> ParquetTable.open(conf, files.subList(1, 2), List.of("x"), null))
                .isInstanceOf(MissingInputException.class)
                .hasMessageContaining("b.npy is gone");
        npy("b.npy", 61);
        assertThatThrownBy(() -> read(table))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("b.npy has changed");
    }

    private List<String> relatives(String input) {
        return InputFiles.list(conf, folder.resolve(input).toString()).stream()
                .map(InputFiles.Entry::relative)
                .toList();
    }

    @Test
    void aPatternPassesOverHiddenNamesAndANameDoesNot() throws IOException {
        for (String name : List.of("b.npy", "a.npy", "_SUCCESS", "._SUCCESS.crc", "_old/x.npy", "_c.npy")) {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.writeString(folder.resolve(name), name);
        }
        assertThat(relatives("*")).containsExactly("a.npy", "b.npy");
        assertThat(relatives("_c.npy")).containsExactly("_c.npy");
        assertThat(relatives("_old")).containsExactly("x.npy");
        assertThatThrownBy(() -> relatives("_*"))
                .isInstanceOf(MissingInputException.class)
                .hasMessageContaining("do not count");
    }

    @Test
    void filesOfAPatternOverFoldersAreNamedFromItsFirstFoldersOn() throws IOException {
        for (String name : List.of("h/b/x.npy", "h/a/x.npy", "h/a/c/y.npy")) {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.writeString(folder.resolve(name), name);
        }
        assertThat(relatives("h/*/x.npy")).containsExactly("a/x.npy", "b/x.npy");
        assertThat(relatives("h/*")).containsExactly("a/c/y.npy", "a/x.npy", "b/x.npy");
        assertThat(relatives("?/a/*")).containsExactly("h/a/c/y.npy", "h/a/x.npy");
        assertThat(relatives("h/{a,a/c,a/x.npy}")).containsExactly("a/c/y.npy", "a/x.npy");
    }
}
