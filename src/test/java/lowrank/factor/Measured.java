package lowrank.factor;

import lowrank.blocks.BlockSource;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MemorySink;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/** The factors of a small matrix with their errors against the matrix itself, everything on the heap. */
record Measured(Svd svd, Matrix u, double errorRatio, double defectU, double defectV, double[] known) {

    /** Factors a source in {@code tasks} tasks and compares with its own rows. */
    static Measured of(SvdAlgorithm algorithm, BlockSource source, int tasks) {
        RowBlocks rows = LocalBlocks.of(source, tasks);
        Svd svd = algorithm.factor(rows);
        MemorySink sink = new MemorySink();
        svd.writeU(sink);
        Matrix u = sink.matrix();
        Matrix a = dense(source);
        Matrix difference = Matrix.zeros(a.rows(), a.cols());
        Matrix rebuilt = u.times(svd.v().scaleColumns(svd.s()).transpose());
        double s1 = svd.rank() == 0 ? 1 : svd.s()[0];
        for (int j = 0; j < a.cols(); j++) {
            for (int i = 0; i < a.rows(); i++) {
                double exact = (a.get(i, j) - svd.mean()[j]) / svd.scale()[j];
                difference.set(i, j, (exact - rebuilt.get(i, j)) / s1);
            }
        }
        double error = Dense.svd(difference).s()[0];
        return new Measured(svd, u, error, u.orthogonalityDefect(), svd.v().orthogonalityDefect(), svd.s());
    }

    /** All rows of a source as a matrix. */
    static Matrix dense(BlockSource source) {
        MemorySink sink = new MemorySink();
        LocalBlocks.of(source).write(sink, lowrank.blocks.Pass.nothing());
        return sink.matrix();
    }
}
