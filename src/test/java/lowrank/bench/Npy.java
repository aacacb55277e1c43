package lowrank.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Layout;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetTable;
import org.apache.hadoop.conf.Configuration;

/** What peers in Python read: a vector column of Parquet files as one .npy file. */
final class Npy {
    private Npy() {}

    static void of(Path input, String column, Precision precision, Path file) throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        ParquetTable table = ParquetTable.open(conf, InputFiles.list(conf, input.toString()), List.of(column), null);
        Layout layout = Layout.of(table.rows(), (long) precision.bytes() * table.cols(), 0);
        String header = String.format(
                Locale.ROOT,
                "{'descr': '<f%d', 'fortran_order': False, 'shape': (%d, %d), }",
                precision.bytes(),
                table.rows(),
                table.cols());
        ByteBuffer start = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
        start.put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 0);
        start.putShort((short) 118)
                .put(String.format(Locale.ROOT, "%-117s\n", header).getBytes(StandardCharsets.US_ASCII));
        try (FileChannel out = FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING);
                Arena arena = new Arena();
                BlockStream blocks = table.source(precision, layout).open(layout.all(), false, arena)) {
            out.write(start.flip());
            for (Block block = blocks.next(); block != null; block = blocks.next()) {
                ByteBuffer bytes =
                        OffHeap.view(block.first().address(), block.first().bytes());
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
        }
    }
}
