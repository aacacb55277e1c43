package lowrank.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One local Spark session per JVM, for every test that asks for one as a parameter. */
public final class SharedSpark implements ParameterResolver {
    private static final class Held {
        static final SparkSession SESSION = SparkSession.builder()
                .config(ownConf())
                .appName("lowrank tests")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "2")
                .getOrCreate();

        /** As in a session of a command, a task without memory must not end this process. */
        private static SparkConf ownConf() {
            String key = "spark.executor.killOnFatalError.depth";
            SparkConf command = Sessions.withDefaults(new SparkConf(false).setMaster("local[2]"));
            return new SparkConf().setMaster("local[2]").set(key, command.get(key));
        }
    }

    /** The session itself. */
    public static SparkSession session() {
        return Held.SESSION;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == SparkSession.class || type == JavaSparkContext.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == SparkSession.class
                ? session()
                : new JavaSparkContext(session().sparkContext());
    }
}
