package lowrank.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PhiloxTest {
    private static final int DRAWS = 1_000_000;

    /** Standard deviations that a right generator stays within, but for one run in a million. */
    private static final double SIGMAS = 5;

    private static int[] block(int c0, int c1, int c2, int c3, int k0, int k1) {
        int[] words = new int[4];
        Philox.block(c0, c1, c2, c3, k0, k1, words);
        return words;
    }

    /** Known answers of Random123's kat_vectors, philox4x32 with 10 rounds. */
    @Test
    void wordsAreThoseOfThePublishedGenerator() {
        assertThat(block(0, 0, 0, 0, 0, 0)).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        assertThat(block(-1, -1, -1, -1, -1, -1)).containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        assertThat(block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0))
                .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    /** Over n standard normal draws the mean of x^p has variance (E x^2p - (E x^p)^2) / n. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 77})
    void momentsAreThoseOfTheNormalDistribution(int stream) {
        double[] moments = new double[5];
        int width = 500;
        double[] row = new double[width];
        Philox random = new Philox(42, stream);
        for (int i = 0; i < DRAWS / width; i++) {
            random.gaussians(i, 0, row, 0, width);
            for (double x : row) {
                for (int p = 1; p <= 4; p++) {
                    moments[p] += Math.pow(x, p) / DRAWS;
                }
            }
        }
        double root = Math.sqrt(DRAWS);
        assertThat(moments[1]).isCloseTo(0, within(SIGMAS / root));
        assertThat(moments[2]).isCloseTo(1, within(SIGMAS * Math.sqrt(2) / root));
        assertThat(moments[3]).isCloseTo(0, within(SIGMAS * Math.sqrt(15) / root));
        assertThat(moments[4]).isCloseTo(3, within(SIGMAS * Math.sqrt(96) / root));
    }

    @Test
    void uniformsFillTheIntervalEvenly() {
        Philox random = new Philox(42, 3);
        int[] counts = new int[100];
        for (int i = 0; i < DRAWS; i++) {
            counts[(int) (random.uniformAt(i / 1000, i % 1000) * counts.length)]++;
        }
        double expected = DRAWS / (double) counts.length;
        double chiSquare = 0;
        for (int count : counts) {
            chiSquare += (count - expected) * (count - expected) / expected;
        }
        double freedom = counts.length - 1.0;
        assertThat(chiSquare).isCloseTo(freedom, within(SIGMAS * Math.sqrt(2 * freedom)));
    }

    @Test
    void uniformsReachNeitherEnd() {
        assertThat(Philox.uniform(0, 0)).isGreaterThan(0);
        assertThat(Philox.uniform(-1, -1)).isLessThan(1);
        assertThat(Philox.uniform(-1, -1)).isEqualTo(1 - Philox.uniform(0, 0));
        assertThat(Philox.uniform(0x80000000, 0)).isEqualTo(0.5 + 0x1p-53);
    }

    /** Streams and seeds that are neighbours, or differ by the constants of the generator. */
    @Test
    void streamsAndSeedsAreUncorrelated() {
        int count = 100_000;
        double[] one = draws(new Philox(7, 0), count);
        long golden = 0x9E3779B97F4A7C15L;
        Philox[] others = {
            new Philox(7, 1),
            new Philox(8, 0),
            new Philox(6, 1),
            new Philox(7 ^ golden, 1),
            new Philox(7 + golden, 0),
            new Philox(7, 0x9E3779B9),
            new Philox(7 + 0x9E3779B9L, 0),
            new Philox(-7, 0),
            new Philox(7L << 32, 0)
        };
        for (Philox other : others) {
            double[] two = draws(other, count);
            double correlation = 0;
            for (int i = 0; i < count; i++) {
                correlation += one[i] * two[i] / count;
            }
            assertThat(correlation).isCloseTo(0, within(SIGMAS / Math.sqrt(count)));
        }
    }

    private static double[] draws(Philox random, int count) {
        double[] draws = new double[count];
        random.gaussians(0, 0, draws, 0, count);
        return draws;
    }

    /** With the stream in the key by xor, (seed, 1) and (seed ^ constant, 0) were the same numbers. */
    @Test
    void noTwoSeedsAndStreamsGiveTheSameNumbers() {
        Set<Double> seen = new HashSet<>();
        long golden = 0x9E3779B97F4A7C15L;
        int pairs = 0;
        for (long seed : new long[] {0, 1, 2, 42, -1, golden, 2 * golden, golden ^ 1, 1L << 32, Long.MIN_VALUE}) {
            for (int stream : new int[] {0, 1, 2, 3, -1, 0x9E3779B9, 1 << 30}) {
                seen.add(new Philox(seed, stream).uniformAt(0, 0));
                seen.add(draws(new Philox(seed, stream), 2)[0]);
                pairs++;
            }
        }
        assertThat(seen).hasSize(2 * pairs);
    }

    @Test
    void numbersBelongToTheirAddress() {
        Philox random = new Philox(5, 2);
        double[] whole = new double[10];
        random.gaussians(1L << 40, 0, whole, 0, 10);
        double[] part = new double[6];
        random.gaussians(1L << 40, 4, part, 1, 5);
        assertThat(part).containsExactly(0, whole[4], whole[5], whole[6], whole[7], whole[8]);
        assertThat(random.uniformAt(3, 9)).isEqualTo(new Philox(5, 2).uniformAt(3, 9));
        assertThat(random.uniformAt(3 + (1L << 32), 9)).isNotEqualTo(random.uniformAt(3, 9));
    }

    @Test
    void normalNumbersStartAtAnEvenColumn() {
        assertThatThrownBy(() -> new Philox(1, 1).gaussians(0, 3, new double[4], 0, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("even, not 3");
    }
}
