package lowrank;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import java.util.ArrayList;
import java.util.List;

/** The table of packages in ARCHITECTURE.md: a package knows only those above it, and the libraries named beside it. */
@AnalyzeClasses(packages = "lowrank", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** From the lowest on. */
    private static final List<String> PACKAGES = List.of(
            "random",
            "blas",
            "linalg",
            "blocks",
            "factor",
            "kernel",
            "regress",
            "certify",
            "io",
            "store",
            "attention",
            "weights",
            "spark",
            "ml",
            "jobs");

    private static String[] inPackages(List<String> names) {
        return names.stream().map(name -> "lowrank." + name + "..").toArray(String[]::new);
    }

    private static CompositeArchRule all(List<ArchRule> rules) {
        return CompositeArchRule.of(rules);
    }

    @ArchTest
    static final ArchRule packagesKnowOnlyThoseAboveThem = layers();

    private static ArchRule layers() {
        List<ArchRule> rules = new ArrayList<>();
        for (int i = 0; i + 1 < PACKAGES.size(); i++) {
            rules.add(noClasses()
                    .that()
                    .resideInAnyPackage(inPackages(PACKAGES.subList(i, i + 1)))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(inPackages(PACKAGES.subList(i + 1, PACKAGES.size())))
                    .allowEmptyShould(true));
        }
        return all(rules);
    }

    @ArchTest
    static final ArchRule everyPackageStandsInTheTable = noClasses()
            .that()
            .resideOutsideOfPackages(inPackages(PACKAGES))
            .should()
            .resideInAPackage("lowrank..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("lowrank.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule librariesAreKnownOnlyWhereTheTableSays = all(List.of(
            only(List.of("blas"), "org.bytedeco..", "dev.ludovic.netlib..", "org.netlib.."),
            only(List.of("blas", "io"), "org.apache.arrow.memory.."),
            only(List.of("io"), "org.apache.arrow.vector.."),
            only(List.of("spark", "ml", "jobs"), "org.apache.spark..", "scala.."),
            only(List.of("io", "store", "spark", "ml", "jobs"), "org.apache.hadoop.."),
            only(List.of("io"), "org.apache.parquet.."),
            only(List.of("io", "store", "weights", "jobs"), "com.fasterxml.jackson.."),
            only(List.of("jobs"), "picocli..", "com.typesafe.config..")));

    private static ArchRule only(List<String> packages, String... libraries) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(inPackages(packages))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(libraries)
                .allowEmptyShould(true);
    }

    /** Element-wise work is on heap tiles, memory has owners: nobody goes round {@link lowrank.blas.Arena}. */
    @ArchTest
    static final ArchRule memoryIsAllocatedByArenasAlone = noClasses()
            .that()
            .resideOutsideOfPackage("lowrank.blas..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("sun.misc.Unsafe")
            .allowEmptyShould(true);
}
