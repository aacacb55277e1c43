package lowrank.blas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReserveTest {
    private static final long MB = 1L << 20;

    @Test
    void whatIsGivenBackServesTheNextOfItsSize() {
        Reserve reserve = new Reserve();
        Reserve.Piece first = reserve.take(8 * MB);
        reserve.give(first);
        assertThat(reserve.kept()).isEqualTo(8 * MB);
        assertThat(reserve.take(7 * MB)).isEqualTo(first);
        assertThat(reserve.kept()).isZero();
        reserve.give(first);
    }

    @Test
    void muchLargerPiecesAreNotSpentOnSmallNeeds() {
        Reserve reserve = new Reserve();
        reserve.give(reserve.take(8 * MB));
        Reserve.Piece small = reserve.take(2 * MB);
        assertThat(small.bytes()).isEqualTo(2 * MB);
        reserve.give(small);
    }

    @Test
    void smallPiecesAreNotKept() {
        Reserve reserve = new Reserve();
        reserve.give(reserve.take(MB - 1));
        assertThat(reserve.kept()).isZero();
        assertThat(reserve.live()).isZero();
        assertThat(reserve.peak()).isEqualTo(MB - 1);
    }

    /** The process never holds more, in use and idle, than was in use at once. */
    @Test
    void keepingNeverMakesTheProcessLarger() {
        Reserve reserve = new Reserve();
        Random random = new Random(5);
        List<Reserve.Piece> used = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            if (used.isEmpty() || random.nextInt(5) < 2) {
                used.add(reserve.take(random.nextLong(1, 4 * MB)));
            } else {
                reserve.give(used.remove(random.nextInt(used.size())));
            }
            assertThat(reserve.live() + reserve.kept()).isLessThanOrEqualTo(reserve.peak());
        }
        long all = used.stream().mapToLong(Reserve.Piece::bytes).sum();
        assertThat(reserve.live()).isEqualTo(all);
        used.forEach(reserve::give);
        assertThat(reserve.live()).isZero();
    }

    /** Tasks take and give at the same time. */
    @Test
    void threadsNeverHoldMoreThanWasInUseAtOnce() throws Exception {
        Reserve reserve = new Reserve();
        List<Thread> threads = new ArrayList<>();
        AtomicLong excess = new AtomicLong();
        for (int t = 0; t < 4; t++) {
            Random random = new Random(t);
            threads.add(new Thread(() -> {
                List<Reserve.Piece> used = new ArrayList<>();
                for (int i = 0; i < 2000; i++) {
                    if (used.size() < 3 || random.nextBoolean() && used.size() < 6) {
                        used.add(reserve.take(random.nextLong(MB, 3 * MB)));
                    } else {
                        reserve.give(used.remove(random.nextInt(used.size())));
                    }
                    excess.accumulateAndGet(reserve.excess(), Math::max);
                }
                used.forEach(reserve::give);
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(excess.get()).isZero();
        assertThat(reserve.live()).isZero();
    }
}
