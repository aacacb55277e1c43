package lowrank.spark;

import java.util.Map;
import lowrank.blas.BundledLibrary;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * {@code spark.plugins = lowrank.spark.LowRankPlugin}: gives MLlib, in the same application, the OpenBLAS that this project
 * brings, before its netlib looks for one on the system. What a user has set stays as it is.
 */
public final class LowRankPlugin implements SparkPlugin {

    @Override
    public DriverPlugin driverPlugin() {
        return new DriverPlugin() {
            @Override
            public Map<String, String> init(SparkContext spark, PluginContext context) {
                BundledLibrary.publish();
                return Map.of();
            }
        };
    }

    @Override
    public ExecutorPlugin executorPlugin() {
        return new ExecutorPlugin() {
            @Override
            public void init(PluginContext context, Map<String, String> extra) {
                BundledLibrary.publish();
            }
        };
    }
}
