package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertTest {
    @TempDir
    private Path folder;

    /** What is written in each format is read back by our own readers, and by hand, as the same U. */
    @Test
    void everyFormatHoldsTheSameFactors() throws Exception {
        Path input = folder.resolve("input");
        Path output = folder.resolve("out");
        assertThat(Cli.run("generate", input.toString(), "--spectrum", "D2", "--rows", "20000", "--cols", "6")
                        .code())
                .isZero();
        Cli svd = Cli.job(
                folder,
                "read.path=" + input,
                "write.path=" + output,
                "factor.rank=3",
                "write.precision=float",
                "write.also=npy,csv");
        assertThat(svd.code()).as(svd.err()).isZero();
        for (String format : new String[] {"npy", "arrow", "csv", "safetensors"}) {
            Cli cli = Cli.run("convert", output.toString(), "--to", format);
            assertThat(cli.code()).as(cli.err()).isZero();
            assertThat(cli.lastLine()).contains("status=complete").contains("out-" + format);
            assertThat(Cli.run("convert", output.toString(), "--to", format).code())
                    .isEqualTo(73);
        }
        String expected = again("parquet", output.resolve("U"), "read.vector=values");
        assertThat(again("npy", folder.resolve("out-npy/U.npy"))).isEqualTo(expected);
        assertThat(again("arrow", folder.resolve("out-arrow/U.arrow"), "read.vector=values"))
                .isEqualTo(expected);
        assertThat(again("csv", folder.resolve("out-csv/U.csv"), "blocks.precision=float"))
                .isEqualTo(again("parquet", output.resolve("U"), "read.vector=values", "blocks.precision=float"));

        byte[] all = Files.readAllBytes(folder.resolve("out-safetensors/factors.safetensors"));
        ByteBuffer bytes = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
        int header = Math.toIntExact(bytes.getLong(0));
        assertThat(header % 8).isZero();
        JsonNode tensors = new ObjectMapper().readTree(Arrays.copyOfRange(all, 8, 8 + header));
        assertThat(tensors.at("/U/dtype").asText()).isEqualTo("F32");
        assertThat(tensors.at("/U/shape").toString()).isEqualTo("[20000,3]");
        int from = 8 + header + tensors.at("/U/data_offsets/0").asInt();
        int to = 8 + header + tensors.at("/U/data_offsets/1").asInt();
        byte[] npy = Files.readAllBytes(folder.resolve("out-npy/U.npy"));
        assertThat(Arrays.copyOfRange(all, from, to))
                .isEqualTo(Arrays.copyOfRange(npy, npy.length - (to - from), npy.length));
        long end = 0;
        for (JsonNode tensor : tensors) {
            end = Math.max(end, tensor.at("/data_offsets/1").asLong());
        }
        assertThat(8 + header + end).isEqualTo(all.length);
        assertThat(Files.readAllLines(folder.resolve("out-csv/s.csv"))).hasSize(4);
        assertThat(output.resolve("npy/U.npy")).hasBinaryContent(npy);
        assertThat(output.resolve("csv/s.csv")).hasSameTextualContentAs(folder.resolve("out-csv/s.csv"));
        assertThat(Cli.run("convert", folder.resolve("nowhere").toString(), "--to", "npy")
                        .code())
                .isEqualTo(66);
        assertThat(Cli.run("convert", output.toString(), "--to", "matlab").code())
                .isEqualTo(64);
    }

    private int runs;

    private String again(String format, Path input, String... more) throws Exception {
        Path output = folder.resolve("again" + runs++);
        String[] keys = Arrays.copyOf(
                new String[] {"read.path=" + input, "read.format=" + format, "write.path=" + output, "factor.rank=2"},
                4 + more.length);
        System.arraycopy(more, 0, keys, 4, more.length);
        Cli cli = Cli.job(folder, keys);
        assertThat(cli.code()).as(cli.err()).isZero();
        return Cli.manifest(output).factors().get("U").digest();
    }
}
