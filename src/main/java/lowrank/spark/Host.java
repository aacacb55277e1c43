package lowrank.spark;

import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lowrank.blas.Backend;
import lowrank.io.HadoopConf;
import lowrank.linalg.NumericalException;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;

/**
 * A process of the cluster: where it runs and what it can do.
 *
 * @param executor Spark's name of it; {@code driver} for the driver
 * @param blas library and core type that compute
 * @param blasProblem why the bundled OpenBLAS does not compute here, or null
 * @param coreType the core type that the environment forces, or null
 * @param blasThreads what the environment says of BLAS threads, or null
 * @param cores processors that this process may use
 * @param heap most bytes of the Java heap
 * @param memory bytes of the machine or container; what is beyond the heap is left for blocks
 * @param load runnable threads of the machine before anything was measured, by the minute; negative where unknown
 * @param rates null when something failed
 * @param wrong a result that is not what it must be, or null
 * @param failed why the file could not be written or read, or null
 */
public record Host(
        String executor,
        String host,
        String java,
        String blas,
        String blasProblem,
        String coreType,
        String blasThreads,
        int cores,
        long heap,
        long memory,
        double load,
        Rates rates,
        String wrong,
        String failed)
        implements Serializable {
    /** Spark's name of the driver. */
    public static final String DRIVER = "driver";

    /** Executors may still be registering while the first ones answer. */
    private static final int ROUNDS = 3;

    /**
     * What to ask of a process.
     *
     * @param folder where a file is written and removed, or null for the folder of temporary files
     */
    public record Question(HadoopConf conf, String folder, Rates.Effort effort) implements Serializable {}

    /** This process. */
    public static Host here(Question question) {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        Rates rates = null;
        String wrong = null;
        String failed = null;
        try {
            String folder =
                    question.folder() == null ? "file://" + System.getProperty("java.io.tmpdir") : question.folder();
            rates = Rates.measure(question.conf(), folder, question.effort());
        } catch (NumericalException e) {
            wrong = e.getMessage();
        } catch (UncheckedIOException e) {
            failed = e.getMessage();
        }
        return new Host(
                SparkEnv.get().executorId(),
                name(),
                Runtime.version().toString(),
                Backend.current().description(),
                Backend.problem(),
                System.getenv("OPENBLAS_CORETYPE"),
                System.getenv("OPENBLAS_NUM_THREADS"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory(),
                totalMemory(),
                load,
                rates,
                wrong,
                failed);
    }

    private static String name() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    private static long totalMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean machine
                ? machine.getTotalMemorySize()
                : 0;
    }

    /** The driver and every executor that answers, one after the other on each, executors at the same time. */
    public static List<Host> all(JavaSparkContext spark, Question question) {
        Map<String, Host> executors = new TreeMap<>();
        for (int round = 0; round < ROUNDS && (round == 0 || executors.size() < executors(spark)); round++) {
            int tasks = executors(spark);
            spark.sc().setJobDescription("doctor");
            try {
                spark.parallelize(Collections.nCopies(tasks, 0), tasks)
                        .mapPartitions(new Ask(question, executors.keySet()))
                        .collect()
                        .forEach(host -> executors.putIfAbsent(host.executor(), host));
            } finally {
                spark.sc().setJobDescription(null);
            }
        }
        List<Host> hosts = new ArrayList<>();
        if (!executors.containsKey(DRIVER)) {
            hosts.add(here(question));
        }
        hosts.addAll(executors.values());
        return List.copyOf(hosts);
    }

    /** Executors that Spark knows now; the driver counts where it is the only one. */
    public static int executors(JavaSparkContext spark) {
        return Math.max(1, spark.sc().statusTracker().getExecutorInfos().length - 1);
    }

    /** The body of a task: an executor that has answered before does not measure again. */
    private static final class Ask implements FlatMapFunction<Iterator<Integer>, Host> {
        private final Question question;
        private final Set<String> answered;

        Ask(Question question, Collection<String> answered) {
            this.question = question;
            this.answered = new HashSet<>(answered);
        }

        @Override
        public Iterator<Host> call(Iterator<Integer> ignored) {
            return answered.contains(SparkEnv.get().executorId())
                    ? Collections.emptyIterator()
                    : List.of(here(question)).iterator();
        }
    }
}
