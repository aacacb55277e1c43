package lowrank.blas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BackendTest {
    @Test
    void automaticChoiceIsOpenBlasWhereItRuns() {
        assertThat(Backend.AUTO.blas()).isSameAs(Backend.OPENBLAS.blas());
        assertThat(Backend.OPENBLAS.blas().name()).isEqualTo("openblas");
        assertThat(Backend.OPENBLAS.blas().description()).startsWith("OpenBLAS 0.3.31, ");
        assertThat(Backend.JAVA.blas().name()).isEqualTo("java");
    }

    @Test
    void namesAreReadInEitherCase() {
        assertThat(Backend.of("auto")).isSameAs(Backend.AUTO);
        assertThat(Backend.of("OpenBLAS")).isSameAs(Backend.OPENBLAS);
    }

    @Test
    void unknownNameNamesTheKnownOnes() {
        assertThatThrownBy(() -> Backend.of("mkl"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mkl")
                .hasMessageContaining("auto, openblas, java");
    }
}
