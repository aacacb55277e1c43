package lowrank.blas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenBlasTest extends BlasContract {
    private static final Blas BLAS = new OpenBlas();

    @Override
    Blas blas() {
        return BLAS;
    }

    /** Bits of everything that is computed from operands that lie {@code offset} bytes off a cache line. */
    private static List<Object> bits(int m, int n, int k, int offset, Arena arena) {
        List<Object> bits = new ArrayList<>();
        for (Precision p : Precision.values()) {
            for (int transposes = 0; transposes < 4; transposes++) {
                boolean ta = (transposes & 1) != 0;
                boolean tb = (transposes & 2) != 0;
                Operand a = at(p, Operand.random(ta ? k : m, ta ? m : k, 1), offset, arena);
                Operand b = at(p, Operand.random(tb ? n : k, tb ? k : n, 2), offset, arena);
                Operand c = at(p, Operand.random(m, n, 3), offset, arena);
                BLAS.gemm(p, ta, tb, m, n, k, 0.7, a.address(), a.ld(), b.address(), b.ld(), 0.3, c.address(), c.ld());
                note(bits, c);
            }
            for (boolean flag : new boolean[] {false, true}) {
                Operand a = at(p, Operand.random(flag ? k : n, flag ? n : k, 4), offset, arena);
                Operand c = at(p, Operand.random(n, n, 5), offset, arena);
                BLAS.syrk(p, flag, n, k, 1, a.address(), a.ld(), 1, c.address(), c.ld());
                note(bits, c);
                Operand r = at(p, Operand.triangle(n, 6), offset, arena);
                Operand x = at(p, Operand.random(m, n, 7), offset, arena);
                BLAS.trsm(p, false, flag, m, n, 1, r.address(), r.ld(), x.address(), x.ld());
                note(bits, x);
            }
            Operand tall = at(p, Operand.random(m + n, n, 8), offset, arena);
            BLAS.qrTriangle(p, m + n, n, tall.address(), tall.ld(), arena);
            note(bits, tall);
        }
        Operand r1 = at(Precision.DOUBLE, Operand.triangle(n, 9), offset, arena);
        Operand r2 = at(Precision.DOUBLE, Operand.triangle(n, 10), offset, arena);
        BLAS.foldTriangles(n, r1.address(), r1.ld(), r2.address(), r2.ld(), arena);
        note(bits, r1);
        int[] pivots = new int[n];
        Operand pivoted = at(Precision.DOUBLE, Operand.random(m, n, 11), offset, arena);
        BLAS.qrPivoted(m, n, pivoted.address(), pivoted.ld(), pivots, arena);
        note(bits, pivoted);
        double[] w = new double[n];
        Operand symmetric = at(Precision.DOUBLE, Operand.triangle(n, 12), offset, arena);
        BLAS.eigen(n, symmetric.address(), symmetric.ld(), w);
        note(bits, symmetric);
        int least = Math.min(m, n);
        Operand a = at(Precision.DOUBLE, Operand.random(m, n, 13), offset, arena);
        Operand u = at(Precision.DOUBLE, new double[m][least], offset, arena);
        Operand vt = at(Precision.DOUBLE, new double[least][n], offset, arena);
        BLAS.svd(
                false, m, n, a.address(), a.ld(), new double[least], u.address(), u.ld(), vt.address(), vt.ld(), arena);
        note(bits, u);
        note(bits, vt);
        return bits;
    }

    private static Operand at(Precision p, double[][] values, int offset, Arena arena) {
        return new Operand(p, values, values[0].length, 0, offset, arena);
    }

    private static void note(List<Object> bits, Operand operand) {
        for (double[] row : operand.values()) {
            for (double value : row) {
                bits.add(Double.doubleToLongBits(value));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 5, 9", "65, 33, 129", "130, 40, 64"})
    void bitsDoNotDependOnTheAddress(int m, int n, int k) {
        try (Arena arena = new Arena()) {
            List<Object> aligned = bits(m, n, k, 0, arena);
            for (int offset : new int[] {8, 24, 64}) {
                assertThat(bits(m, n, k, offset, arena).equals(aligned))
                        .as("%d bytes off", offset)
                        .isTrue();
            }
        }
    }
}
