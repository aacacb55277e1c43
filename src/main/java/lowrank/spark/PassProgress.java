package lowrank.spark;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.spark.Success$;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import scala.Tuple4;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Shows how far a pass is. Tasks count their rows in an accumulator, which Spark carries to the driver with the heartbeats of
 * the executors and with the end of each task; nothing else is sent.
 */
final class PassProgress extends SparkListener {
    private final Progress progress;
    private final long accumulator;
    private final Screen screen;
    private final LongSupplier clock;
    private final long start;

    /** Rows of each attempt at a task that runs or succeeded. */
    private final Map<Long, Long> rows = new HashMap<>();

    private long shown;
    private boolean ended;

    /**
     * @param accumulator the id of the accumulator that counts rows
     * @param clock nanoseconds
     */
    PassProgress(Progress progress, long accumulator, Screen screen, LongSupplier clock) {
        this.progress = progress;
        this.accumulator = accumulator;
        this.screen = screen;
        this.clock = clock;
        start = clock.getAsLong();
        shown = start;
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
        if (end.reason() instanceof Success$) {
            count(end.taskInfo().taskId(), end.taskInfo().accumulables());
        } else {
            failed(end.taskInfo().taskId());
        }
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate heartbeat) {
        for (Tuple4<Object, Object, Object, Seq<AccumulableInfo>> task :
                CollectionConverters.asJava(heartbeat.accumUpdates())) {
            count((Long) task._1(), task._4());
        }
    }

    private void count(long task, scala.collection.Seq<AccumulableInfo> infos) {
        for (AccumulableInfo info : CollectionConverters.asJava(infos)) {
            if (info.id() == accumulator
                    && info.update().isDefined()
                    && info.update().get() instanceof Long done) {
                counted(task, done);
            }
        }
    }

    /** An attempt at a task has done so many rows by now. */
    synchronized void counted(long task, long done) {
        rows.merge(task, done, Math::max);
        long now = clock.getAsLong();
        if (!ended && now - shown >= screen.everyNanos()) {
            shown = now;
            screen.show().accept(progress.line(done(), (now - start) / 1e9));
        }
    }

    /** An attempt at a task is lost: its rows are to be done again. */
    synchronized void failed(long task) {
        rows.remove(task);
    }

    /** Rows done by now; never more than there are, whatever speculation does twice. */
    synchronized long done() {
        return Math.min(
                progress.rows(),
                rows.values().stream().mapToLong(Long::longValue).sum());
    }

    /** Takes the line away; events that come later show nothing. */
    synchronized void end() {
        if (!ended) {
            ended = true;
            screen.clear().run();
        }
    }
}
