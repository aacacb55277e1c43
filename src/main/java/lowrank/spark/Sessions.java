package lowrank.spark;

import java.util.function.Function;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** Where the Spark context of a command comes from. */
public final class Sessions {
    private static final String LOCAL = "local[*]";

    /**
     * How deep in a task's failure Spark looks for what ends its process. With 0 a task without memory fails, and after its retries the
     * job, which says so. Else the process ends (exit 52): in local mode under the job, on a cluster with tasks that it had accepted, whose
     * failures ("rejected") then hide the cause.
     */
    private static final String DEADLY = "spark.executor.killOnFatalError.depth";

    private Sessions() {}

    /**
     * Settings with what a new session takes where they say nothing. Spark's own limit to what tasks send to the driver ends jobs in
     * the middle, with an error that says little: it is lifted, since a pass whose nodes do not fit the driver's heap is refused before
     * it starts. A task that runs out of memory fails the job and not its process.
     */
    public static SparkConf withDefaults(SparkConf conf) {
        if (conf.get("spark.master", LOCAL).startsWith("local")) {
            // Progress travels with heartbeats; between threads of one process they cost nothing.
            conf.setIfMissing("spark.executor.heartbeatInterval", "1s");
        }
        conf.setIfMissing(DEADLY, "0");
        return conf.setIfMissing(NodeTransfer.RESULT_LIMIT, "0");
    }

    /**
     * Runs something on Spark: in the session that this process has, or in one that is made for it and stopped afterwards.
     *
     * @param conf settings of a new session; a master defaults to all cores of this machine
     */
    public static <T> T use(SparkConf conf, String name, Function<JavaSparkContext, T> action) {
        Option<SparkSession> running = SparkSession.getDefaultSession();
        if (running.isDefined() && !running.get().sparkContext().isStopped()) {
            return action.apply(new JavaSparkContext(running.get().sparkContext()));
        }
        conf.setIfMissing("spark.master", LOCAL).setIfMissing("spark.app.name", name);
        withDefaults(conf);
        try (JavaSparkContext spark = new JavaSparkContext(conf)) {
            return action.apply(spark);
        }
    }
}
