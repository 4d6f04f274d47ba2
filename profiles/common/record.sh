# What a restore keeps of itself on the machine: $state (mode 0700) with `values`, `original/<path>` (files as they were),
# `created/<path>` (marks), `rewrite-report.tsv`, `rewrite-summary` and `done`. Whoever resumes after a crash begins from `original`,
# never from a file that may have been rewritten already: two addresses that swap would swap back.

# $1: `new`, or `known` for a restore that must have begun already.
open_state() {
  # shellcheck disable=SC2154 # The agent sets it.
  plain_name RestoreId "$SSM_RestoreId"
  resolve /var/lib || stop 73 "/var/lib cannot be reached ($reason)."
  [ -d "$root$real" ] || (umask 022 && mkdir -p "$root$real") || stop 73 '/var/lib cannot be made.'
  state=$root$real/snapkeep/$SSM_RestoreId
  [ "$1" = new ] || [ -f "$state/values" ] || [ -f "$state/undo-summary" ] ||
    stop 64 "there is no restore $SSM_RestoreId on this machine."
  # Neither folder may be a link, or the originals would lie where somebody else put them.
  for folder in "${state%/*}" "$state"; do
    [ ! -L "$folder" ] || stop 73 'the state folder is a link.'
    [ -d "$folder" ] || mkdir "$folder" || stop 73 'the state folder cannot be made.'
    chmod 0700 "$folder" || stop 73 'the state folder cannot be made private.'
  done
  work=$state/work
  # A process of an earlier boot is gone, whoever has its number now.
  boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) || boot=unknown
  if ! mkdir "$state/lock" 2>/dev/null; then
    holder=$(cat "$state/lock/holder" 2>/dev/null) || holder=
    case $holder in
      "$boot "*)
        if kill -0 "${holder#"$boot "}" 2>/dev/null; then
          stop 75 "another run of the restore $SSM_RestoreId is under way (process ${holder#"$boot "})."
        fi
        ;;
    esac
    rm -rf "$state/lock"
    mkdir "$state/lock" || stop 75 "another run of the restore $SSM_RestoreId took the lock."
  fi
  printf '%s %s' "$boot" "$$" >"$state/lock/holder" || stop 73 'the state folder cannot be written.'
  trap 'rm -rf "$state/lock" "$work"' EXIT
  trap 'exit 130' HUP INT TERM
  clear_pending
  rm -rf "$work"
  mkdir "$work" || stop 73 'the state folder cannot be written.'
  : >"$work/report"
}

# Takes away the temporary file that a crash left beside its target.
clear_pending() {
  [ -f "$state/pending" ] || return 0
  leftover=$(cat "$state/pending" && printf x) || return 0
  leftover=${leftover%x}
  case $leftover in
    */.snapkeep-"$SSM_RestoreId".new) rm -f "$leftover" ;;
  esac
  rm -f "$state/pending"
}

# One line of the report: outcome, replacements, remark, path.
report() {
  report_line "$@" >>"$work/report"
}

report_line() {
  printf '%s\t%s\t%s\t' "$1" "$2" "$3"
  printable "$4"
  printf '\n'
}

# Mode, owner and group as numbers, extended attributes and security label of a file, as text to compare.
attributes_of() {
  # shellcheck disable=SC2012 # Only the first fields are read, never a name.
  ls -ldn "$1" | {
    read -r mode _ owner group _
    printf '%s %s %s\n' "$mode" "$owner" "$group"
  }
  if command -v getfattr >/dev/null 2>&1; then
    # Its first line names the file.
    extended=$(getfattr -h -d -m - "$1" 2>/dev/null)
    printf '%s\n' "${extended#*
}"
  fi
  # A label stands before the first blank; systems without labels print nothing or a question mark.
  label=$(ls -Zd "$1" 2>/dev/null) || label=
  printf '%s\n' "${label%% *}"
}

# Copies content, mode, owner, times, extended attributes and label as far as the tools at hand can.
copy_whole() {
  cp --preserve=all "$1" "$2" 2>/dev/null || cp -p "$1" "$2"
}

# Writes down which temporary file there will be, so that the next run finds it after a crash.
announce() {
  reason='state-not-writable'
  printf '%s' "$1" >"$state/pending" || return 1
  if [ -e "$1" ] || [ -L "$1" ]; then rm -f "$1"; fi
}

# Puts the file $2 in the place of the file $1 by a rename in the same folder, with the attributes of the file $3.
# Returns 1 and sets `reason` when $1 was left as it is.
replace() {
  fresh=${1%/*}/.snapkeep-$SSM_RestoreId.new
  announce "$fresh" || return 1
  reason='folder-not-writable'
  # Created exclusively: a file or link that somebody put there is not written through.
  if (set -C && : >"$fresh") 2>/dev/null; then
    reason='attributes-cannot-be-kept'
    if copy_whole "$3" "$fresh" && fill "$fresh" "$2" "$3" &&
      [ "$(attributes_of "$3")" = "$(attributes_of "$fresh")" ]; then
      reason='rename-failed'
      mv -f "$fresh" "$1" && return 0
    fi
  fi
  rm -f "$fresh"
  return 1
}

# Writes the content of $2 into the copy $1 of $3; a read-only mode is lifted for the moment of writing.
fill() {
  [ "$2" != "$3" ] || return 0
  if [ -w "$1" ]; then
    cat "$2" >"$1"
  else
    { chmod u+w "$1" && cat "$2" >"$1"; } || return 1
  fi
  chmod --reference="$3" "$1" 2>/dev/null || chmod "$(stat -c %a "$3")" "$1"
}

# Keeps a file as it is now, once; what is kept already is older and therefore right.
keep_original() {
  [ ! -f "$state/original$1" ] || return 0
  { [ -d "$state/original${1%/*}" ] || mkdir -p "$state/original${1%/*}"; } &&
    copy_whole "$root$1" "$work/kept" && mv -f "$work/kept" "$state/original$1"
}

# Makes a file that was not there, mode 0644, with the label that its folder gives. Returns 1 and sets `reason`.
create() {
  fresh=${1%/*}/.snapkeep-$SSM_RestoreId.new
  announce "$fresh" || return 1
  reason='folder-not-writable'
  (set -C && : >"$fresh") 2>/dev/null && cat "$2" >"$fresh" && chmod 0644 "$fresh" && mv -f "$fresh" "$1" && return 0
  rm -f "$fresh"
  return 1
}

# Notes that a path did not exist before, so that undo takes it away again.
mark_created() {
  mkdir -p "$state/created${1%/*}" && : >"$state/created$1"
}

sum_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    set -- "$(sha256sum <"$1")"
    printf 'sha256:%s' "${1%% *}"
  else
    set -- "$(cksum <"$1")"
    printf 'cksum:%s' "${1%% *}"
  fi
}

# The summary on stdout and in $state: counts, then what a person should see first, within SSM's 24,000 characters.
# $1 what was done. Never content, never a value.
write_summary() {
  sum=$(sum_of "$work/report")
  action=$1 digest=$sum awk '
    BEGIN { FS = "\t"; room = 18000 }
    { count[$1]++; replacements += $2 }
    $1 != "unchanged" {
      line = $1 " " $2 " " ($3 == "" ? "-" : $3) " " $4
      if ($1 == "skipped" || $1 == "refused") warn[++warnings] = line
      else good[++goods] = line
    }
    function show(line) {
      if (room < length(line) + 1) { hidden++; return }
      room -= length(line) + 1
      print line
    }
    END {
      print "snapkeep " ENVIRON["action"] " " ENVIRON["SSM_RestoreId"]
      print "files " NR
      print "changed " count["changed"] + count["created"] + count["restored"] + count["removed"]
      print "unchanged " count["unchanged"] + 0
      print "warnings " warnings + 0
      print "replacements " replacements + 0
      for (i = 1; i <= warnings; i++) show(warn[i])
      for (i = 1; i <= goods; i++) show(good[i])
      if (hidden) print "more " hidden
      print "digest " ENVIRON["digest"]
    }' "$work/report" >"$work/summary" || stop 73 'the summary cannot be written.'
}

# Ends a run: report and summary under the names of what was done ($1), the summary on stdout, exit 74 when something
# that should have happened did not.
finish() {
  write_summary "$1"
  { mv -f "$work/report" "$state/$1-report.tsv" && mv -f "$work/summary" "$state/$1-summary"; } ||
    stop 73 'the report cannot be written.'
  rm -f "$state/pending"
  [ -n "$root" ] || sync
  if [ "$incomplete" = 1 ]; then
    cat "$state/$1-summary"
    stop 74 'not everything could be done; see the lines that begin with refused. Run it again when the cause is gone.'
  fi
}
