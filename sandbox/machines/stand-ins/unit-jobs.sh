# shellcheck shell=sh
# Starting and stopping units: nothing is executed, but everything that a start would have read is recorded.
# Needs lib.sh, unit-files.sh and replicated.sh.

is_active() { [ -f "$state/active/$1" ]; }

record_unit() { # action unit [detail]
  event unit
  echo "$1" >"$event/action"
  echo "$2" >"$event/unit"
  [ -z "${3-}" ] || echo "$3" >"$event/detail"
}

# Copies a configuration file of the machine beside the event, and its path.
record_file() {
  inside "$1" && [ -f "$resolved" ] || return 0
  case "$recorded" in *"|$1|"*) return 0 ;; esac
  recorded="$recorded|$1|"
  files=$((files + 1))
  echo "$1" >>"$event/paths"
  head -c 262144 "$resolved" >"$event/file.$files"
}

# The paths that follow on standard input, one per line, each `-` for "may be missing" first.
environment_files() {
  while read -r path; do
    optional=
    case $path in -*) optional=yes path=${path#-} ;; esac
    if inside "$path" && [ -f "$resolved" ]; then
      record_file "$path"
      cat "$resolved" >>"$event/environment"
      echo >>"$event/environment"
    elif [ -z "$optional" ]; then
      return 1
    fi
  done
}

# Files that the application itself reads: `<pattern of units><tab><pattern of paths>` in state/configuration.
application_files() {
  while IFS='	' read -r units paths; do
    # Unquoted on purpose: it is a pattern.
    # shellcheck disable=SC2254
    case $1 in $units) ;; *) continue ;; esac
    # shellcheck disable=SC2086
    for match in "$root"$paths; do record_file "${match#"$root"}"; done
  done <"$state/configuration"
}

condition_holds() {
  while read -r condition; do
    wanted=0
    case $condition in '|'*) condition=${condition#|} ;; esac
    case $condition in '!'*) wanted=1 condition=${condition#!} ;; esac
    found=1
    if inside "$condition" && [ -e "$resolved" ]; then found=0; fi
    [ "$found" -eq "$wanted" ] || return 1
  done
}

# Takes a start job of the boot back, or notes that it is being done.
dequeue() {
  [ -f "$state/queue" ] || return 0
  grep -vxF "$1" "$state/queue" >"$state/queue.new" || true
  mv "$state/queue.new" "$state/queue"
}

# Starts a unit and what it needs. Exit: 0 started, running already or its condition does not hold; 1 failed or masked;
# 5 there is no such unit.
start_unit() (
  unit=$1
  case $unit in *.service) ;; *) exit 0 ;; esac
  if is_active "$unit"; then exit 0; fi
  case " $starting " in *" $unit "*) exit 0 ;; esac
  starting="$starting $unit"
  dequeue "$unit"
  text=$(loaded_unit "$unit")
  case $text in
    masked)
      record_unit refused "$unit" masked
      complain "Failed to start $unit: Unit $unit is masked."
      exit 1
      ;;
    not-found)
      complain "Failed to start $unit: Unit $unit not found."
      exit 5
      ;;
  esac
  parsed=$(printf '%s\n' "$text" | parse_unit)
  for needed in $(unit_values Unit.Requires); do
    if ! start_unit "$needed"; then
      record_unit failed "$unit" "a dependency failed: $needed"
      complain "A dependency job for $unit failed."
      exit 1
    fi
  done
  # An order alone starts nothing; it waits for what is about to start.
  for earlier in $(unit_values Unit.After); do
    if grep -qxF "$earlier" "$state/queue" 2>/dev/null; then start_unit "$earlier" 2>/dev/null || true; fi
  done
  if ! unit_values Unit.ConditionPathExists | condition_holds; then
    record_unit skipped "$unit" "its condition does not hold"
    exit 0
  fi
  event unit
  recorded=
  files=0
  echo "$unit" >"$event/unit"
  : >"$event/environment"
  unit_values Service.ExecStart >"$event/exec"
  unit_values Service.EnvironmentFile >"$event/wanted"
  if ! environment_files <"$event/wanted"; then
    echo failed >"$event/action"
    echo "an environment file is missing" >"$event/detail"
    : >"$state/failed/$unit"
    complain "Job for $unit failed because of unavailable resources or another system error."
    exit 1
  fi
  application_files "$unit"
  echo start >"$event/action"
  rm -f "$state/failed/$unit"
  printf '%s\n' "$text" >"$state/loaded/$unit"
  cat "$event/environment" >"$state/active/$unit"
  replicated_unit_started "$unit"
  for wanted in $(wanted_by "$unit"); do start_unit "$wanted" 2>/dev/null || true; done
)
starting=

stop_unit() {
  dequeue "$1"
  rm -f "$state/failed/$1"
  if is_active "$1"; then
    rm -f "$state/active/$1"
    record_unit stop "$1"
  fi
}

reload_units() { rm -f "$state/loaded"/*; }
