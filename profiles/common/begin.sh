# The beginning of every script: it refuses to run without an explicit root, and nothing of it acts outside of that
# root. Exit codes: 64 values or root refused, 69 command not available, 73 state not writable, 74 a file could not be
# replaced, 75 another run holds the lock, 76 a step failed for good, 78 agent too old, 79 a time limit passed.
set -u
set -f
LC_ALL=C
export LC_ALL
umask 077
unset CDPATH
IFS=' 	
'

# One sentence for a person, on stderr, and the exit code.
stop() {
  code=$1
  shift
  printf 'snapkeep: %s\n' "$*" >&2
  exit "$code"
}

[ -n "${SNAPKEEP_ROOT:-}" ] || stop 64 'SNAPKEEP_ROOT is not set; only the SSM document sets it to /.'
case $SNAPKEEP_ROOT in
  /) root= ;;
  */ | */../* | */.. | */./* | */.) stop 64 'SNAPKEEP_ROOT is not a plain absolute path.' ;;
  /*) root=$SNAPKEEP_ROOT ;;
  *) stop 64 'SNAPKEEP_ROOT is not an absolute path.' ;;
esac
# The agent's own PATH may be short; in a tree only what the caller put there is found.
[ -n "$root" ] || PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ -d "$root/" ] || stop 64 'SNAPKEEP_ROOT is no directory.'

# Systems Manager sets SSM_<name> for parameters of interpolation type ENV_VAR from agent 3.3.2746.0 on; older agents
# set nothing, and text in braces, which they would replace, does not occur in these documents. The restore id is never
# empty, so it tells; whether an empty value is set or left out is not documented, so others may be either.
require_restore_id() {
  [ "${SSM_RestoreId+set}" = set ] ||
    stop 78 'the SSM agent passed no parameters; it must be version 3.3.2746.0 or later.'
}

# Values consist of few characters; the documents' allowedPattern says so, too. $1 is the name, $2 the value.
refuse_value() {
  stop 64 "the value of $1 holds a character that it must not hold."
}

plain_name() {
  case $2 in
    '' | -* | *[!0-9A-Za-z_-]*) refuse_value "$1" ;;
  esac
}

host_name() {
  case $2 in
    .* | -* | *..* | *[!0-9A-Za-z.-]*) refuse_value "$1" ;;
  esac
}

address_list() {
  case $2 in
    *[!0-9A-Za-z.:,-]*) refuse_value "$1" ;;
  esac
}

# Commands that act on a running system. In a tree that is not the machine's own root they must be stand-ins, or a
# rehearsal would act on the machine that it runs on.
machine_has() {
  found=$(command -v "$1" 2>/dev/null) || return 1
  [ -n "$root" ] || return 0
  [ -n "${SNAPKEEP_STAND_INS:-}" ] && [ "$found" = "$SNAPKEEP_STAND_INS/$1" ]
}

machine() {
  machine_has "$1" || stop 69 "$1 is not available here."
  "$@"
}
