package lowrank.weights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.io.HadoopConf;
import lowrank.linalg.LargeSvd;

/**
 * The sum of adapters in one module by factors of the rank that a rule keeps: M = sum_i times_i outFactor_i inFactor_i^T = U diag(s) V^T,
 * outFactor = U_r diag(s_r)^(1/2), inFactor = V_r diag(s_r)^(1/2); in one task, on one thread. M is never formed.
 *
 * @param rule how many components are kept; not asked where a {@link Task} brings its rank
 * @param stored type of the factors
 * @param folder for factors, or null for spectra alone
 */
public record Resizing(HadoopConf conf, Truncation rule, Precision stored, String folder) implements Serializable {

    /**
     * A module to work on.
     *
     * @param rank to keep, or {@link Compression#UNDECIDED}
     */
    public record Task(AdapterSum.Target module, int rank) implements Serializable {}

    /** Bytes off the heap for one module. */
    public static long bytes(AdapterSum.Target module) {
        // Vectors, factors, the one that is turned, and both in their own type.
        long written = 20L * module.most() * ((long) module.out() + module.in());
        return FactorStack.bytes(module.out(), module.in(), module.inner()) + written;
    }

    /** Flops for one module. */
    public static double flops(AdapterSum.Target module) {
        return FactorStack.flops(module.out(), module.in(), module.inner());
    }

    /** Works on one module: singular values up to what rounding of the terms leaves are 0, and kept by no rule. */
    public Extraction.Result run(Task task, Arena arena) {
        AdapterSum.Target module = task.module();
        FactorStack stack = FactorStack.load(conf, module.path(), module.out(), module.in(), module.parts(), arena);
        double noise = stack.noise();
        if (folder == null) {
            return new Extraction.Result(stack.values(noise, arena), 0, 0, null);
        }
        LargeSvd svd = stack.svd(noise, arena);
        double[] s = svd.s();
        int least = Math.min(module.out(), module.in());
        int rank = task.rank() != Compression.UNDECIDED
                ? task.rank()
                : rule.choose(Arrays.copyOf(s, least), module.out(), module.in());
        rank = Math.min(rank, Extraction.positive(s));
        double slack = noise + Extraction.slack(s, rank, Math.max(module.out(), module.in()), stored);
        if (rank == 0) {
            return new Extraction.Result(s, 0, slack, null);
        }
        FactorPair factors = FactorPair.balanced(svd, rank, stored, arena).fitting(module.path());
        arena.free(svd.u());
        arena.free(svd.v());
        return new Extraction.Result(
                s, rank, slack, AdapterPart.write(conf, folder, factors, module.kind(), stored, arena));
    }

    /** Bytes off the heap of {@link #residual}. */
    public static long residualBytes(AdapterSum.Target module) {
        return FactorStack.normBytes(module.out(), module.in(), module.inner() + module.most());
    }

    /**
     * ||M - scale outFactor inFactor^T||_F with the factors as an adapter stores them, as the norm of one more sum: the parts and, taken away,
     * what was stored. No part of the computation that made the factors is trusted.
     */
    public static double residual(HadoopConf conf, AdapterSum.Target module, AdapterModule written, Arena arena) {
        List<Merging.Part> parts = new ArrayList<>(module.parts());
        parts.add(new Merging.Part(written, -written.scale()));
        return FactorStack.load(conf, module.path(), module.out(), module.in(), parts, arena)
                .norm(arena);
    }
}
