# The start-up archive (AppCDS): Spark's and our classes as the JVM has them in memory after loading, mapped at the next
# start instead of parsed. It belongs to one Java, one class path in one order and the exact jars: the JVM ignores it
# without a word when anything differs, so its folder is named by a key of all of them. Sourced after common.sh.

# Sets starter, a folder that holds what is worked out once per key: `options` and `archive.jsa`.
find_starter() {
  local entry stat=(stat -L -c '%n %s %Y')
  stat -L -c %s / >/dev/null 2>&1 || stat=(stat -L -f '%N %z %m') # macOS
  starter=$spark/start-$({
    printf '%s\n' "$java" "$java_version" "$jar_class_path"
    "${stat[@]}" "$jar" "$jars"/*.jar
  } | cksum | tr -d ' ')
}

# Sets options to the JVM options of this Spark.
find_options() {
  local text
  if [ -f "$starter/options" ]; then
    text=$(cat "$starter/options")
  else
    text=$(spark_jvm_options) || die "cannot ask $jars for Spark's Java options"
    if mkdir -p "$starter" 2>/dev/null && [ -w "$starter" ]; then
      printf '%s\n' "$text" >"$starter/options.$$"
      mv "$starter/options.$$" "$starter/options"
    fi
  fi
  IFS=$'\n' read -r -d '' -a options <<<"$text" || true
}

# Sets archive to the JVM option that uses the archive, making the archive first where it is missing; or to nothing.
find_archive() {
  archive=
  [ "${LOWRANK_CDS:-on}" != off ] || return 0
  if [ ! -f "$starter/archive.jsa" ] && [ ! -f "$starter/failed" ]; then make_archive; fi
  if [ -f "$starter/archive.jsa" ]; then archive=-XX:SharedArchiveFile=$starter/archive.jsa; fi
}

make_archive() {
  if [ ! -w "$starter" ]; then
    say "no start-up archive: $spark cannot be written (starts take seconds longer; LOWRANK_CDS=off stops this line)"
    return
  fi
  local old stale=
  if compgen -G "$spark/start-*/archive.jsa" >/dev/null; then stale=1; fi
  # Whoever edits and runs in turn would wait for an archive at every run and never use one.
  if [ -n "$stale" ] && [ ! -f "$starter/seen" ]; then
    touch "$starter/seen"
    say "the start-up archive is stale (Java, Spark or lowrank changed): going without, the next run makes it anew"
    return
  fi
  lock
  if [ ! -f "$starter/archive.jsa" ] && [ ! -f "$starter/failed" ]; then
    case $jar_class_path in
      *[!A-Za-z0-9/:._+~@,=-]*)
        # The JVM compares archived paths with URLs, in which such characters are escaped: nine classes of ten miss.
        say "no start-up archive: Java makes none for a path with spaces or the like (starts take seconds longer)"
        touch "$starter/failed"
        ;;
      *)
        say "making the start-up archive (${stale:+the old one is stale, }about 20 seconds; LOWRANK_CDS=off goes without)..."
        train
        ;;
    esac
    # What was made for other keys is of no more use.
    for old in "$spark"/start-*; do
      if [ "$old" != "$starter" ]; then rm -rf "$old"; fi
    done
  fi
  unlock
}

# Runs the main job on its small data in a JVM that writes the archive at its end. A run of its own rather than the
# user's first one: that would take as much longer, and could not be replaced by `exec` if the file is to be renamed.
train() {
  local work=$spark/train.$$
  rm -rf "$spark"/train.*
  mkdir -p "$work"
  trap 'rm -rf "$work"; trap - INT TERM; kill -INT $$' INT TERM
  # C1 only: half the time, and compiled code is not archived anyway. SPARK_CONF_DIR: none of the user's settings.
  if (cd "$root" && SPARK_CONF_DIR=$work SPARK_LOCAL_IP=127.0.0.1 "$java" -XX:ArchiveClassesAtExit="$work/archive.jsa" -Xmx1g \
    -XX:TieredStopAtLevel=1 "${options[@]}" "${logging[@]}" -cp "$jar_class_path" \
    org.apache.spark.deploy.SparkSubmit --master 'local[1]' --class lowrank.jobs.Main spark-internal \
    run jobs/svd.conf --set "write.path=$work/out") >"$work/log" 2>&1 </dev/null 9>&- && [ -f "$work/archive.jsa" ]; then
    mv "$work/archive.jsa" "$starter/archive.jsa"
  else
    mv "$work/log" "$starter/failed" # not tried again for the same key
    say "no start-up archive: the training run failed, see $starter/failed"
  fi
  trap - INT TERM
  rm -rf "$work"
}
