package lowrank.blas;

class JavaBlasTest extends BlasContract {
    private static final Blas BLAS = new JavaBlas();

    @Override
    Blas blas() {
        return BLAS;
    }
}
