package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import lowrank.io.HadoopConf;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads from and commits to a real HDFS, in every mode, with the bits of a local run. */
class HdfsTest {
    @TempDir
    private static Path folder;

    private static MiniDFSCluster hdfs;
    private static String root;

    @BeforeAll
    static void start() throws IOException {
        Configuration conf = new Configuration();
        conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("hdfs").toString());
        hdfs = new MiniDFSCluster.Builder(conf).numDataNodes(1).build();
        hdfs.waitClusterUp();
        root = hdfs.getURI().toString();
    }

    @AfterAll
    static void stop() {
        hdfs.shutdown();
    }

    private static Manifest manifest(String path) throws IOException {
        return OutputFolder.read(new HadoopConf(new Configuration()), path).manifest();
    }

    private static Cli job(String input, String output, String mode, int rank) throws IOException {
        return Cli.job(
                folder,
                "read.path=" + input,
                "write.path=" + output,
                "write.mode=" + mode,
                "factor.algorithm=tsqr",
                "factor.rank=" + rank);
    }

    @Test
    void everyModeCommitsOnHdfsWithTheBitsOfALocalRun() throws IOException {
        String local = folder.resolve("in").toString();
        String input = root + "/in";
        for (String path : new String[] {local, input}) {
            Cli made = Cli.run("generate", path, "--spectrum", "D2", "--rows", "20000", "--cols", "30");
            assertThat(made.code()).as(made.err()).isZero();
        }
        Path localOut = folder.resolve("out");
        assertThat(job(local, localOut.toString(), "fail", 5).code()).isZero();
        String output = root + "/results/out";
        Cli first = job(input, output, "fail", 5);
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(manifest(output).factors().get("U").digest())
                .isEqualTo(Cli.manifest(localOut).factors().get("U").digest());
        assertThat(job(input, output, "fail", 5).code()).isEqualTo(73);
        assertThat(job(input, output, "skip", 5).lastLine()).contains("status=skipped code=0");
        Cli replaced = job(input, output, "replace", 3);
        assertThat(replaced.code()).as(replaced.err()).isZero();
        assertThat(manifest(output).rank()).isEqualTo(3);
        FileSystem files = hdfs.getFileSystem();
        for (FileStatus left : files.listStatus(new org.apache.hadoop.fs.Path("/results"))) {
            assertThat(left.getPath().getName()).isEqualTo("out");
        }
    }
}
