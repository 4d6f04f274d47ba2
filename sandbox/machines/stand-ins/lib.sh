# shellcheck shell=sh
# Read by every stand-in. A stand-in knows its machine by its own place: $run/bin/<name>, where $run holds
#   root     the machine's `/` as a path, empty when the process is inside of it
#   clock    sandbox time of the run's begin, in ms      elapsed  ms that have passed in it since
#   limit    seconds that the run may take               events/  what happened, a folder each
#   state/   what the machine keeps in memory: gone after a power-off
# The variables that functions set are results; POSIX has no local ones, so recursive functions run in a subshell.
here=${0%/*}
run=${here%/bin}
IFS= read -r root <"$run/root"
state=$run/state
export LC_ALL=C

# Resolves a path of the machine as the machine would: a link may lead anywhere below its root, never out of it.
# Sets $resolved; fails on a loop.
inside() {
  rest=$1
  resolved=$root
  hops=0
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    case $rest in
      */*) rest=${rest#*/} ;;
      *) rest= ;;
    esac
    case $part in
      '' | .) continue ;;
      ..)
        [ "$resolved" = "$root" ] || resolved=${resolved%/*}
        continue
        ;;
    esac
    if [ -L "$resolved/$part" ]; then
      hops=$((hops + 1))
      [ "$hops" -le 40 ] || return 1
      target=$(readlink "$resolved/$part")
      case $target in /*) resolved=$root ;; esac
      rest=$target${rest:+/$rest}
    else
      resolved=$resolved/$part
    fi
  done
}

# The same, but leaves a link at the end of the path alone.
beside() {
  inside "${1%/*}" || return 1
  resolved=$resolved/${1##*/}
}

# Replaces a file of the machine in one step; the content comes on standard input.
replace() {
  inside "$1" || return 1
  mkdir -p "${resolved%/*}" && cat >"$resolved.new" && mv -f "$resolved.new" "$resolved"
}

# The first line of a file of the stand-ins, empty when there is none. Builtins only: a machine starts many units.
first_line() {
  line=
  if [ -f "$1" ]; then IFS= read -r line <"$1" || :; fi
  echo "$line"
}
elapsed() { first_line "$run/elapsed"; }
now() { echo $(($(first_line "$run/clock") + $(elapsed))); }
fact() { first_line "$state/facts/$1"; }

# Begins the record of an event; its members are files in $event. Numbers are of four digits, so that names sort.
event() {
  set -- "$1" "$run/events"/*
  number=$((10000 + $# - 1))
  [ -e "${2-}" ] || number=10000
  while number=$((number + 1)) && event=$run/events/${number#1} && ! mkdir "$event" 2>/dev/null; do
    [ "$number" -lt 19999 ] || exit 70
  done
  elapsed >"$event/elapsed"
  echo "$1" >"$event/kind"
}

# Notes what was called, for tests that look for it.
note() {
  event tool
  echo "$*" >"$event/detail"
}

complain() { echo "$*" >&2; }
