package lowrank.spark;

import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A Spark job whose progress is shown. */
final class Watched {
    private static final Logger LOG = LoggerFactory.getLogger(Watched.class);

    private static final String DESCRIPTION = "spark.job.description";

    private Watched() {}

    /**
     * Runs a job.
     *
     * @param label of the job
     * @param counts what tasks count, see {@link Progress}
     * @param work given the counter that tasks add to
     */
    static <T> T run(JavaSparkContext spark, String label, Progress counts, Function<LongAccumulator, T> work) {
        LongAccumulator counter = spark.sc().longAccumulator("done");
        PassProgress progress =
                new PassProgress(counts, counter.id(), Screen.of(System.err, LOG::info), System::nanoTime);
        String description = spark.getLocalProperty(DESCRIPTION);
        spark.sc().setJobDescription(label);
        spark.sc().addSparkListener(progress);
        try {
            return work.apply(counter);
        } finally {
            progress.end();
            spark.sc().removeSparkListener(progress);
            spark.sc().setJobDescription(description);
        }
    }
}
