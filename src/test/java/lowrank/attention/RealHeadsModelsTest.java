package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.models.Head;
import lowrank.models.HeadAttention;
import lowrank.models.RealHeads;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Table b5 of the research notes, and what the 144 heads of bge-small-en-v1.5 lose to approximations, alone and in the embedding of the
 * whole window: {@code mvn verify -Pmodels}, as {@link RealHeads} says.
 */
@Tag("models")
class RealHeadsModelsTest {
    /**
     * Columns that draw random numbers were published as medians of five seeds, to be met within 15 %. Five seeds scatter by more (on L11H0,
     * balanced, 256 features 95 of 100 such medians lie between 0.110 and 0.199), so ours are medians of many.
     */
    private static final int SEEDS = 51;

    private static final double SCATTER = 0.15;

    private static RealHeads real;

    @BeforeAll
    static void load() {
        real = RealHeads.load();
    }

    static Stream<Attentions> attentions() {
        return Stream.of(new Attentions.Reference(), new Attentions.Product());
    }

    /**
     * What is known of a head.
     *
     * @param entropy mean over rows of P, by ln n
     * @param stableRank |P|_F^2 / s_1^2
     * @param rank99 the least rank with 0.99 of |P|_F^2
     * @param best32 the part of |P|_F that the best matrix of rank 32 misses
     * @param uniform the relative error of the mean of V
     */
    private record Known(
            double queryNorm,
            double keyNorm,
            double entropy,
            double stableRank,
            int rank99,
            double best32,
            double uniform) {
        static Known of(Head head) {
            Matrix p = ReferenceAttention.weights(head.q(), head.k(), false, null);
            double entropy = 0;
            for (double weight : p.values()) {
                entropy -= weight > 0 ? weight * Math.log(weight) : 0;
            }
            double[] s = Dense.singularValues(p);
            double all = squares(s, s.length);
            int rank = 0;
            while (squares(s, rank) < 0.99 * all) {
                rank++;
            }
            Matrix exact = p.times(head.v());
            return new Known(
                    largestRow(head.q()),
                    largestRow(head.k()),
                    entropy / p.rows() / Math.log(p.rows()),
                    all / (s[0] * s[0]),
                    rank,
                    Math.sqrt((all - squares(s, 32)) / all),
                    ReferenceAttention.error(ReferenceAttention.uniform(head.v(), false, null), exact));
        }

        private static double squares(double[] s, int count) {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += s[i] * s[i];
            }
            return sum;
        }

        private static double largestRow(Matrix x) {
            double largest = 0;
            for (double norm : x.transpose().columnNorms()) {
                largest = Math.max(largest, norm);
            }
            return largest;
        }

        void hold(Known published) {
            assertThat(queryNorm).isCloseTo(published.queryNorm, within(5.1e-3));
            assertThat(keyNorm).isCloseTo(published.keyNorm, within(5.1e-3));
            assertThat(entropy).isCloseTo(published.entropy, within(5.1e-4));
            assertThat(stableRank).isCloseTo(published.stableRank, within(5.1e-3));
            assertThat(rank99).isEqualTo(published.rank99);
            assertThat(best32).isCloseTo(published.best32, within(5.1e-5));
            assertThat(uniform).isCloseTo(published.uniform, within(5.1e-4));
        }
    }

    @Test
    void whatIsKnownOfTwoHeads() {
        assumeTrue(real.isPublished(), "the figures are of another text");
        Known.of(real.head(0, 0)).hold(new Known(8.13, 8.71, .930, 2.45, 102, .2761, .631));
        Known.of(real.head(11, 0)).hold(new Known(9.17, 17.36, .651, 1.06, 4, .0067, .973));
    }

    /** The median error on a head. */
    private static double error(Head head, LongFunction<HeadAttention> seeded) {
        Matrix exact = ReferenceAttention.exact(head.q(), head.k(), head.v());
        return RealHeads.median(LongStream.range(0, SEEDS)
                .mapToDouble(seed -> ReferenceAttention.error(
                        seeded.apply(seed).outputs(head.layer(), head.head(), head.q(), head.k(), head.v()), exact))
                .toArray());
    }

    private static void hold(String what, double found, double published) {
        System.out.printf("%s: %.4f, published %.4f%n", what, found, published);
        assertThat(found).as(what).isCloseTo(published, within(SCATTER * published));
    }

    @Test
    void featuresOnTwoHeads() {
        Attentions by = new Attentions.Reference();
        assumeTrue(real.isPublished(), "the figures are of another text");
        Head first = real.head(0, 0);
        hold("L0H0 plain 256", error(first, seed -> by.plain(256, seed)), .697);
        hold("L0H0 plain 1024", error(first, seed -> by.plain(1024, seed)), .680);
        hold("L0H0 balanced 256", error(first, seed -> by.balanced(256, seed)), .533);
        hold("L0H0 balanced 1024", error(first, seed -> by.balanced(1024, seed)), .446);
        Head last = real.head(11, 0);
        hold("L11H0 plain 256", error(last, seed -> by.plain(256, seed)), 1.169);
        hold("L11H0 plain 1024", error(last, seed -> by.plain(1024, seed)), 1.152);
        hold("L11H0 balanced 256", error(last, seed -> by.balanced(256, seed)), .120);
        hold("L11H0 balanced 1024", error(last, seed -> by.balanced(1024, seed)), .0835);
    }

    private static void holdNystrom(Head head, double inverse, double six, double twenty) {
        ReferenceNystrom nystrom = ReferenceNystrom.of(head.q(), head.k(), head.v(), 64, null);
        Matrix exact = ReferenceAttention.exact(head.q(), head.k(), head.v());
        String name = "L" + head.layer() + "H" + head.head();
        hold(name + " pseudo-inverse", ReferenceAttention.error(nystrom.cut(1e-12), exact), inverse);
        hold(name + " six steps", ReferenceAttention.error(nystrom.iterated(6), exact), six);
        hold(name + " twenty steps", ReferenceAttention.error(nystrom.iterated(20), exact), twenty);
    }

    @Test
    void inversesOnTwoHeads() {
        assumeTrue(real.isPublished(), "the figures are of another text");
        holdNystrom(real.head(0, 0), 1.50, .389, 1.50);
        holdNystrom(real.head(11, 0), 8.02, .163, .0484);
    }

    @ParameterizedTest
    @MethodSource("attentions")
    void balancedFeaturesBeatTheMeanOnMostHeads(Attentions by) {
        RealHeads.Errors errors = real.errors(by.balanced(256, 0));
        System.out.printf("%s: ", by);
        System.out.printf("balanced 256: %d heads beat uniform, median %.3f%n", errors.better(), errors.median());
        assertThat(errors.better()).isGreaterThan(105);
        assertThat(errors.median()).isLessThanOrEqualTo(0.70);
        RealHeads.Errors plain = real.errors(by.plain(256, 0));
        System.out.printf("plain 256: %d heads beat uniform, median %.3f%n", plain.better(), plain.median());
        assertThat(plain.better()).isLessThan(errors.better());
    }

    /** Means and covariances of the next three windows of the text align the causal features of this one. */
    @Test
    void causalFeaturesAlignedByOtherWindows() {
        List<HeadMoments> moments = new ArrayList<>();
        for (int window = 1; window <= 3; window++) {
            List<Head> others = real.otherHeads(window);
            for (int h = 0; h < others.size(); h++) {
                HeadMoments one = HeadMoments.of(rows(others.get(h)).rows());
                if (window == 1) {
                    moments.add(one);
                } else {
                    moments.set(h, moments.get(h).and(one));
                }
            }
        }
        RealHeads.Errors plain = causal(256, head -> null);
        RealHeads.Errors aligned = causal(256, moments::get);
        RealHeads.Errors more = causal(1024, moments::get);
        System.out.printf(
                "causal: plain 256 %d heads beat uniform, median %.3f; aligned by other windows 256 %d, %.3f; 1,024 %d, %.3f%n",
                plain.better(), plain.median(), aligned.better(), aligned.median(), more.better(), more.median());
        assertThat(aligned.better()).isGreaterThan(plain.better());
        assertThat(aligned.median()).isLessThan(plain.median());
    }

    private static TestHead rows(Head head) {
        return new TestHead(head.q(), head.k(), head.v(), null);
    }

    private static RealHeads.Errors causal(int features, IntFunction<HeadMoments> given) {
        List<Head> heads = real.heads();
        double[] errors = new double[heads.size()];
        double[] uniform = new double[heads.size()];
        for (int h = 0; h < errors.length; h++) {
            TestHead head = rows(heads.get(h));
            double scale = Heads.scale(head.q().cols());
            FeatureDraws draws = new FeatureDraws(FeatureKind.POSITIVE, features, 1, true, 0).ofHead(h);
            HeadFit fit = HeadFit.of(
                    head.rows(), new CausalPerformer(draws, given.apply(h), scale), new Sampling(1, 0, true, scale));
            Matrix exact = ReferenceAttention.exact(head.q(), head.k(), head.v(), true, null);
            errors[h] = ReferenceAttention.error(
                    AllRows.of(fit.approximation().outputs().of(head.rows())), exact);
            uniform[h] = ReferenceAttention.error(ReferenceAttention.uniform(head.v(), true, null), exact);
        }
        return new RealHeads.Errors(errors, uniform);
    }

    @ParameterizedTest
    @MethodSource("attentions")
    void theEmbeddingWithAllHeadsByFeatures(Attentions by) {
        double cosine = real.cosine(by.balanced(256, 0));
        System.out.printf("%s every head by balanced features, 256: cosine %.4f%n", by, cosine);
        assertThat(cosine).isGreaterThanOrEqualTo(0.85);
    }

    @ParameterizedTest
    @MethodSource("attentions")
    void theEmbeddingWithAllHeadsByLandmarks(Attentions by) {
        double cosine = real.cosine(by.nystrom(64, 256, 0));
        RealHeads.Errors errors = real.errors(by.nystrom(64, 256, 0));
        System.out.printf(
                "%s every head by 64 landmarks: cosine %.4f; %d heads beat uniform, median %.3f%n",
                by, cosine, errors.better(), errors.median());
        assertThat(cosine).isGreaterThanOrEqualTo(0.94);
        assertThat(errors.better()).isGreaterThan(130);
    }
}
