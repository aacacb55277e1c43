package lowrank.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import lowrank.blocks.BlockSource;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.ScanContract;
import lowrank.linalg.Matrix;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedSpark.class)
class SparkScanTest extends ScanContract {
    private final JavaSparkContext spark;

    SparkScanTest(JavaSparkContext spark) {
        this.spark = spark;
    }

    @Override
    protected RowBlocks blocks(BlockSource source, int tasks) {
        return SparkBlocks.of(spark, source, tasks, new PassLog());
    }

    /** Rows [1 1 i] of an RDD: how a row becomes values. */
    private record Totals() implements RddBlocks.Reader<Integer> {
        @Override
        public int cols() {
            return 3;
        }

        @Override
        public void read(Integer row, double[] values, int at) {
            values[at] = 1;
            values[at + 1] = 1;
            values[at + 2] = row / 7.0;
        }
    }

    @Test
    void bitsAreThoseOfOneThreadFromAnRddToo() {
        Matrix a = Matrix.zeros(500, 3);
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            numbers.add(i);
            a.set(i, 0, 1);
            a.set(i, 1, 1);
            a.set(i, 2, i / 7.0);
        }
        MatrixRows source = source(a);
        double[] local = LocalBlocks.of(source).scan(new Causal(1, false)).pass(new Collect());
        assertThat(blocks(source, 7).scan(new Causal(1, false)).pass(new Collect()))
                .isEqualTo(local);
        var rdd = spark.parallelize(numbers, 3);
        RddBlocks rows = RddBlocks.of(spark, rdd, RddBlocks.starts(rdd), new Totals(), source.layout(), false);
        RddBlocks totals = (RddBlocks) rows.scan(new Causal(1, false));
        assertThat(totals.pass(new Collect())).isEqualTo(local);
        List<Double> made = totals.<Double>rows((id, values) -> values[0]).collect();
        for (int i = 0; i < local.length; i++) {
            assertThat(made.get(i)).isEqualTo(local[i]);
        }
        rows.unpersist();
    }
}
