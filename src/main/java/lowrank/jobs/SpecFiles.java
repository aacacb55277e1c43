package lowrank.jobs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lowrank.io.HadoopConf;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import scala.Tuple2;

/** Finds the layers of a spec: site defaults, the file, keys of Spark, keys of the command line. */
final class SpecFiles {
    private static final String SPARK_PREFIX = "spark.lowrank.";

    private SpecFiles() {}

    /** The spec of a file with everything above and below it. */
    static Spec read(String file, List<String> set, SparkConf conf) {
        List<String> spark = new ArrayList<>();
        for (Tuple2<String, String> pair : conf.getAllWithPrefix(SPARK_PREFIX)) {
            spark.add(pair._1() + " = " + Spec.literal(pair._2()));
        }
        return Spec.of(Spec.layers(site(), file, text(file, conf), spark, set));
    }

    /** conf/lowrank.conf of the installation that the launcher runs, or null. */
    private static String site() {
        String home = System.getenv("LOWRANK_HOME");
        if (home == null) {
            return null;
        }
        Path file = Path.of(home, "conf", "lowrank.conf");
        try {
            return Files.exists(file) ? Files.readString(file) : null;
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + file + " failed: " + e.getMessage(), e);
        }
    }

    private static String text(String file, SparkConf conf) {
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(file);
        try (InputStream in = hadoop(conf).fileSystem(path).open(path)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new SpecException("the spec " + file + " cannot be read: " + e.getMessage());
        }
    }

    /** Hadoop's configuration as Spark will see it. */
    static HadoopConf hadoop(SparkConf conf) {
        Configuration hadoop = new Configuration();
        for (Tuple2<String, String> pair : conf.getAllWithPrefix("spark.hadoop.")) {
            hadoop.set(pair._1(), pair._2());
        }
        return new HadoopConf(hadoop);
    }
}
