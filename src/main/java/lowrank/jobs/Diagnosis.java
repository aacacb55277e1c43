package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import lowrank.spark.Host;
import lowrank.spark.Rates;

/** What {@code doctor} says about the processes of a cluster: a table, and what to do about what is not as it should be. */
record Diagnosis(List<Host> hosts) {
    /** A machine that much slower than the middle one holds up every pass. */
    private static final double SLOW = 0.6;

    private record Column(String head, String unit, boolean left, Function<Host, String> cell) {}

    private static List<Column> columns() {
        return List.of(
                new Column("host", "", true, Host::host),
                new Column("executor", "", true, Host::executor),
                new Column("Java", "", true, h -> h.java().replaceFirst("[+-].*", "")),
                new Column("BLAS", "", true, h -> h.blas() + (h.coreType() == null ? "" : " (forced)")),
                new Column("threads", "", false, h -> h.blasThreads() == null ? "1" : h.blasThreads()),
                new Column("cores", "", false, h -> Integer.toString(h.cores())),
                new Column("double", "GFLOP/s", false, h -> rate(h, Rates::gemmDouble, 1)),
                new Column("float", "GFLOP/s", false, h -> rate(h, Rates::gemmFloat, 1)),
                new Column("memory", "GB/s", false, h -> rate(h, Rates::memory, 1)),
                new Column("write", "GB/s", false, h -> rate(h, Rates::write, 2)),
                new Column("read", "GB/s", false, h -> rate(h, Rates::read, 2)),
                new Column("heap", "GB", false, h -> gigabytes(h.heap())),
                new Column("off-heap", "GB", false, h -> gigabytes(Math.max(0, h.memory() - h.heap()))));
    }

    private static String rate(Host host, ToDoubleFunction<Rates> rate, int decimals) {
        return host.rates() == null
                ? "-"
                : String.format(Locale.ROOT, "%." + decimals + "f", rate.applyAsDouble(host.rates()));
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f", bytes / 1e9);
    }

    /** The table, aligned. */
    List<String> table() {
        List<Column> columns = columns();
        List<List<String>> rows = new ArrayList<>();
        rows.add(columns.stream().map(Column::head).toList());
        rows.add(columns.stream().map(Column::unit).toList());
        hosts.forEach(host -> rows.add(
                columns.stream().map(column -> column.cell().apply(host)).toList()));
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int j = 0; j < row.size(); j++) {
                int column = j;
                int width = rows.stream()
                        .mapToInt(r -> r.get(column).length())
                        .max()
                        .orElse(1);
                line.append(j == 0 ? "" : "  ")
                        .append(String.format(
                                Locale.ROOT,
                                "%" + (columns.get(j).left() ? "-" : "") + Math.max(1, width) + "s",
                                row.get(j)));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    /**
     * What to know and what to do, one line each.
     *
     * @param expected executors that the cluster has
     */
    List<String> findings(int expected) {
        List<String> findings = new ArrayList<>();
        TreeSet<String> kinds = distinct(Host::blas);
        if (kinds.size() == 1) {
            findings.add(
                    "ok: every process computes with " + kinds.first() + ", results have the same bits everywhere");
        } else {
            findings.add("warning: " + kinds.size() + " kinds of BLAS kernels (" + String.join("; ", kinds)
                    + "): results differ in their last bits from process to process; force one that all machines have, e.g."
                    + " export OPENBLAS_CORETYPE=" + common() + " and --conf spark.executorEnv.OPENBLAS_CORETYPE="
                    + common());
        }
        for (String problem : distinct(Host::blasProblem)) {
            findings.add("warning: " + where(h -> problem.equals(h.blasProblem()))
                    + " without OpenBLAS, about 7 times slower: " + problem
                    + "; use a 64-bit glibc Linux or macOS, or put the site's own BLAS into lib/native");
        }
        if (hosts.stream()
                .anyMatch(h -> h.blasThreads() != null && !h.blasThreads().equals("1"))) {
            findings.add("warning: "
                    + where(h -> h.blasThreads() != null && !h.blasThreads().equals("1"))
                    + " with OPENBLAS_NUM_THREADS other than 1; lowrank runs one thread per task anyway, but other code in"
                    + " the same process will fight over the cores: set it to 1");
        }
        if (distinct(h -> h.java().replaceFirst("\\..*", "")).size() > 1) {
            findings.add("warning: different versions of Java (" + String.join(", ", distinct(Host::java))
                    + "); use one on all machines");
        }
        if (hosts.stream().anyMatch(h -> h.load() > h.cores())) {
            findings.add("note: " + where(h -> h.load() > h.cores())
                    + " had more running threads than cores already; its rates are those of a busy machine");
        }
        slow(findings);
        long executors =
                hosts.stream().filter(h -> !h.executor().equals(Host.DRIVER)).count();
        if (expected > Math.max(1, executors)) {
            findings.add("warning: " + (expected - executors) + " of " + expected
                    + " executors did not answer; they may be busy or starting: run again");
        }
        hosts.stream()
                .filter(h -> h.failed() != null)
                .forEach(h -> findings.add("error: " + name(h) + ": " + h.failed()));
        hosts.stream()
                .filter(h -> h.wrong() != null)
                .forEach(h -> findings.add("error: " + name(h) + ": " + h.wrong()));
        return findings;
    }

    private void slow(List<String> findings) {
        double[] rates = hosts.stream()
                .filter(h -> h.rates() != null)
                .mapToDouble(h -> h.rates().gemmDouble())
                .sorted()
                .toArray();
        if (rates.length < 3) {
            return;
        }
        double middle = rates[rates.length / 2];
        String slow = where(h -> h.rates() != null && h.rates().gemmDouble() < SLOW * middle);
        if (!slow.isEmpty()) {
            findings.add("warning: " + slow + " multiplies at less than 60 % of the middle rate; passes wait for the"
                    + " slowest: look for other load there, or leave it out");
        }
    }

    /** A core type that the machines of an architecture share. */
    private static String common() {
        return System.getProperty("os.arch").contains("aarch64") ? "ARMV8" : "Haswell";
    }

    private TreeSet<String> distinct(Function<Host, String> what) {
        return hosts.stream().map(what).filter(x -> x != null).collect(Collectors.toCollection(TreeSet::new));
    }

    private String where(java.util.function.Predicate<Host> which) {
        return hosts.stream().filter(which).map(Diagnosis::name).distinct().collect(Collectors.joining(", "));
    }

    private static String name(Host host) {
        return host.executor().equals(Host.DRIVER)
                ? host.host() + " (driver)"
                : host.host() + " (executor " + host.executor() + ")";
    }
}
