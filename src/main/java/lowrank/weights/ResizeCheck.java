package lowrank.weights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.io.HadoopConf;

/**
 * Measures what an adapter stores of a sum of adapters, M = sum_i times_i outFactor_i inFactor_i^T: ||M|| and ||M - scale B A||, blocks of
 * whose rows are formed from the factors. No QR and no small core is trusted.
 */
public record ResizeCheck(HadoopConf conf) implements Serializable {

    /**
     * A module to look at.
     *
     * @param written what the adapter holds of it, or null
     */
    public record Task(AdapterSum.Target module, AdapterModule written) implements Serializable {}

    /**
     * What was found.
     *
     * @param norm ||M||_F
     * @param residual ||M - scale B A||_F; ||M||_F where the adapter does not hold the module
     * @param rounding how far either may be from another computation of it
     * @param cut how far ||M|| may be from the root of the squares of singular values, small ones of which were set to 0
     */
    public record Found(double norm, double residual, double rounding, double cut) implements Serializable {}

    /** Bytes off the heap for one module. */
    public long bytes(Task task) {
        long inner = (long) task.module.inner() + (task.written == null ? 0 : task.written.rank());
        return 8 * (inner + 1) * ((long) task.module.out() + task.module.in()) + Products.bytes(task.module.in());
    }

    /** Flops for one module. */
    public double flops(Task task) {
        double inner = 2.0 * task.module.inner() + (task.written == null ? 0 : task.written.rank());
        return 2 * inner * task.module.out() * task.module.in();
    }

    /** Looks at one module. */
    public Found run(Task task, Arena arena) {
        AdapterSum.Target module = task.module;
        List<Products.Term> terms = new ArrayList<>();
        double magnitude = 0;
        for (Merging.Part part : module.parts()) {
            FactorPair factors = part.module().load(conf, arena);
            terms.add(new Products.Term(part.times(), factors));
            magnitude +=
                    Math.abs(part.times()) * Products.norm(factors.outFactor()) * Products.norm(factors.inFactor());
        }
        Products sum = new Products(module.out(), module.in(), List.copyOf(terms));
        double norm = sum.norm(arena);
        int longest = Math.max(Math.max(module.out(), module.in()), module.inner());
        double cut = Math.sqrt(module.most()) * longest * Math.ulp(1.0) * magnitude;
        if (task.written == null) {
            return new Found(norm, norm, sum.rounding(norm), cut);
        }
        terms.add(new Products.Term(-task.written.scale(), task.written.load(conf, arena)));
        Products difference = new Products(module.out(), module.in(), terms);
        return new Found(norm, difference.norm(arena), difference.rounding(norm), cut);
    }
}
