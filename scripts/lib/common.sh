# What scripts/lowrank and scripts/cluster share: Java, the jar of this project, Spark's jars and JVM options.
# Sourced with `root` set to the checkout. Written for bash 3.2 (macOS): no associative arrays, no empty "${a[@]}".

say() { printf 'lowrank: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

spark_version=$(sed -n 's:.*<spark.version>\(.*\)</spark.version>.*:\1:p' "$root/pom.xml")
state=$root/.spark # git-ignored, survives `mvn clean`

# One process at a time prepares the checkout. flock ends with its holder; without it (macOS) a link names the holder.
lock() {
  if command -v flock >/dev/null; then
    exec 9>"$state/lock"
    flock -n 9 || { say "waiting for another lowrank that prepares $root..."; flock 9; }
    return
  fi
  local holder
  until ln -s "$$" "$state/lock.pid" 2>/dev/null; do
    holder=$(readlink "$state/lock.pid") || continue
    if ! kill -0 "$holder" 2>/dev/null && mv "$state/lock.pid" "$state/lock.$$" 2>/dev/null; then
      # Between the check and the move another process may have taken over: then its lock is put back.
      [ "$(readlink "$state/lock.$$")" = "$holder" ] || ln -s "$(readlink "$state/lock.$$")" "$state/lock.pid"
      rm -f "$state/lock.$$"
    fi
    sleep 1
  done
  trap 'rm -f "$state/lock.pid"' EXIT
}

unlock() {
  if command -v flock >/dev/null; then
    exec 9>&-
  else
    rm -f "$state/lock.pid"
    trap - EXIT
  fi
}

# Sets java and java_version.
find_java() {
  java=${JAVA_HOME:+$JAVA_HOME/bin/java}
  java=${java:-java}
  java_version=$("$java" -version 2>&1) || die "Java 17 or newer is needed: put it on the PATH or set JAVA_HOME"
  [[ $java_version =~ version\ \"([0-9]+) ]] || die "cannot read the version of $java"
  [ "${BASH_REMATCH[1]}" -ge 17 ] || die "Java 17 or newer is needed, $java is ${BASH_REMATCH[1]}: set JAVA_HOME"
  [ "${BASH_REMATCH[1]}" -lt 24 ] ||
    say "Java ${BASH_REMATCH[1]} is newer than Spark $spark_version's Hadoop client can work with; use 17 or 21 if files cannot be opened"
}

# Sets jar to the newest -all jar, or to nothing.
find_jar() {
  local candidate
  jar=
  for candidate in "$root"/target/lowrank-*-all.jar; do
    if [ -f "$candidate" ] && { [ -z "$jar" ] || [ "$candidate" -nt "$jar" ]; }; then jar=$candidate; fi
  done
}

jar_is_fresh() { [ -n "$jar" ] && [ -z "$(find "$root/src/main" "$root/pom.xml" -newer "$jar")" ]; }

# Sets spark (a folder of ours for this Spark) and jars (Spark's jar files).
find_spark() {
  if [ -n "${SPARK_HOME:-}" ]; then
    jars=$SPARK_HOME/jars
    compgen -G "$jars/spark-core_2.13-4.*.jar" >/dev/null ||
      die "SPARK_HOME=$SPARK_HOME holds no Spark 4 with Scala 2.13; unset it to use Spark $spark_version from Maven"
    spark=$state/home-$(cksum <<<"$SPARK_HOME" | cut -d ' ' -f 1)
  else
    spark=$state/$spark_version
    jars=$spark/jars
  fi
}

# Builds the jar and lays Spark's jars out where missing or out of date. Sets java, jar, spark and jars.
prepare() {
  find_java
  find_jar
  find_spark
  if jar_is_fresh && [ -d "$jars" ]; then return; fi
  if [ ! -w "$root" ]; then
    [ -n "$jar" ] && [ -d "$jars" ] || die "not built yet, and $root cannot be written: build it where it can"
    say "the sources are newer than the jar, but $root cannot be written: using the jar as it is"
    return
  fi
  mkdir -p "$state"
  lock
  find_jar # another process may have done it while this one waited
  local goals=()
  if ! jar_is_fresh; then goals+=(package -Dmaven.test.skip=true); fi
  if [ ! -d "$jars" ]; then
    rm -rf "$state"/layout.*
    # A folder appears under its final name only when complete, so that an interrupted layout is done again.
    goals+=(dependency:copy-dependencies -DincludeScope=provided "-DoutputDirectory=$state/layout.$$/jars")
  fi
  if [ ${#goals[@]} -gt 0 ]; then
    if [ -z "$jar" ]; then
      say "building (first use, about a minute)..."
    elif jar_is_fresh; then
      say "fetching Spark $spark_version (once)..."
    else
      say "building (the sources changed)..."
    fi
    command -v mvn >/dev/null || die "Maven is needed to build: put mvn on the PATH"
    if ! (cd "$root" && mvn -q -B "${goals[@]}") >"$state/build.log" 2>&1 9>&- </dev/null; then
      cat "$state/build.log" >&2
      die "the build failed (Maven's output is above)"
    fi
    if [ ! -d "$jars" ]; then
      mkdir -p "$spark"
      mv "$state/layout.$$/jars" "$jars"
      rm -rf "$state/layout.$$"
    fi
    find_jar
  fi
  unlock
}

# The class path in one fixed order, on every machine and in every locale; the JVM compares it with the archive's.
# slf4j-api leads, as in Spark's own scripts: other jars of a distribution carry old copies of it.
spark_class_path() (
  LC_ALL=C
  set -- "$jars"/slf4j-api-*.jar "$jars"/*.jar
  IFS=:
  printf '%s' "$*"
)

# The JVM options that this Spark needs, one a line, from Spark's own launcher.
spark_jvm_options() (
  # Kept away from the user's Spark settings, which it would mix in.
  unset SPARK_SUBMIT_OPTS SPARK_DRIVER_MEMORY SPARK_MEM SPARK_DAEMON_JAVA_OPTS
  SPARK_HOME=${jars%/jars} SPARK_CONF_DIR=/nonexistent SPARK_SCALA_VERSION=2.13 "$java" -XX:TieredStopAtLevel=1 \
    -cp "$jars/*" org.apache.spark.launcher.Main org.apache.spark.deploy.SparkSubmit --class none none |
    tr '\0' '\n' | grep -E '^(-XX:\+Ignore|-D|--add-|--enable-)'
)
