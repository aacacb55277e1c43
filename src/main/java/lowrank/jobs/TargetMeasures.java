package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.certify.Measure;
import lowrank.regress.Scores;

/** How well numbers were told, in few measures: over all targets first, then each where they are few, else the best and the worst. */
final class TargetMeasures {
    /** More targets are not listed one by one. */
    private static final int LISTED = 10;

    private TargetMeasures() {}

    static List<Measure> of(Scores.Numbers scores, List<String> targets) {
        int t = targets.size();
        List<Measure> measures = new ArrayList<>();
        double squares = Arrays.stream(scores.rss()).sum() / t / scores.weight();
        double variance = Arrays.stream(scores.squares()).sum();
        measures.add(Measure.exact(
                "RMSE",
                Math.sqrt(squares),
                t == 1
                        ? "root of the mean squared error, in the units of the target"
                        : "root of the mean squared error over all targets"));
        if (variance > 0) {
            measures.add(Measure.exact(
                    "R2",
                    1 - Arrays.stream(scores.rss()).sum() / variance,
                    t == 1 ? "part of the variance that is told" : "part of the variance of all targets that is told"));
        }
        if (t > 1 && t <= LISTED) {
            for (int k = 0; k < t; k++) {
                one(measures, " of " + targets.get(k), scores, k, "of this target");
            }
        } else if (t > 1) {
            bestAndWorst(measures, scores, targets);
        }
        return measures;
    }

    private static void one(List<Measure> measures, String suffix, Scores.Numbers scores, int k, String which) {
        measures.add(Measure.exact("RMSE" + suffix, scores.rmse(k), "root of the mean squared error " + which));
        if (!Double.isNaN(scores.r2(k))) {
            measures.add(Measure.exact("R2" + suffix, scores.r2(k), "part of the variance " + which + " that is told"));
        }
    }

    /** By R2, since targets may have different units. */
    private static void bestAndWorst(List<Measure> measures, Scores.Numbers scores, List<String> targets) {
        int best = -1;
        int worst = -1;
        for (int k = 0; k < targets.size(); k++) {
            double r2 = scores.r2(k);
            if (!Double.isNaN(r2)) {
                best = best < 0 || r2 > scores.r2(best) ? k : best;
                worst = worst < 0 || r2 < scores.r2(worst) ? k : worst;
            }
        }
        if (best >= 0) {
            one(measures, " of the best target", scores, best, "of " + targets.get(best));
            one(measures, " of the worst target", scores, worst, "of " + targets.get(worst));
        }
    }
}
