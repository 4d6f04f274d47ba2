# The rewrite: every file that a rule names, once, by the first rule that names it. Expects `rules`, a function that calls
# `rule` for each, the list `units`, and REWRITE_AWK.

read_values() {
  require_restore_id
  : "${SSM_AddressMap=}" "${SSM_GoneAddresses=}" "${SSM_OwnAddresses=}" "${SSM_MachineName=}" "${SSM_SshHostKeys=keep}"
  plain_name RestoreId "$SSM_RestoreId"
  case $SSM_AddressMap in
    *[!0-9A-Za-z.:=,-]*) refuse_value AddressMap ;;
  esac
  address_list GoneAddresses "$SSM_GoneAddresses"
  address_list OwnAddresses "$SSM_OwnAddresses"
  host_name MachineName "$SSM_MachineName"
  case $SSM_SshHostKeys in
    keep | regenerate) ;;
    *) refuse_value SshHostKeys ;;
  esac
  # Each pair has two sides, and no old value two new ones.
  awk 'BEGIN {
    n = split(ENVIRON["SSM_AddressMap"], pairs, ",")
    for (i = 1; i <= n; i++) {
      if (split(pairs[i], side, "=") != 2 || side[1] == "" || side[2] == "") exit 1
      from = tolower(side[1])
      if (from in seen && seen[from] != tolower(side[2]) "") exit 1
      seen[from] = tolower(side[2])
    }
  }' || stop 64 'the address map is not a list of old=new with one new value for each old one.'
  export SSM_RestoreId SSM_AddressMap SSM_GoneAddresses SSM_OwnAddresses
}

# A restore means the same at every attempt; other values under its id are a mistake somewhere.
same_values() {
  printf '%s\n' "$SSM_AddressMap" "$SSM_GoneAddresses" "$SSM_OwnAddresses" "$SSM_MachineName" \
    "$SSM_SshHostKeys" >"$work/values" || stop 73 'the state folder cannot be written.'
  if [ -f "$state/values" ]; then
    cmp -s "$work/values" "$state/values" ||
      stop 64 "the restore $SSM_RestoreId has begun with other values; undo it, or use a new restore id."
  else
    mv -f "$work/values" "$state/values" || stop 73 'the state folder cannot be written.'
  fi
}

# rule <glob> <format> <comment sign> <keys> <never keys> <options to drop> <path that must exist>
rule() {
  if [ -n "$7" ]; then
    resolve "$7" || return 0
    [ -e "$root$real" ] || return 0
  fi
  RULE_FORMAT=$2 RULE_COMMENT=$3 RULE_KEYS=$4 RULE_NEVER_KEYS=$5 RULE_DROP_OPTIONS=$6
  export RULE_FORMAT RULE_COMMENT RULE_KEYS RULE_NEVER_KEYS RULE_DROP_OPTIONS
  walk '' "${1#/}"
}

# $1: a path that matches a rule, below link-free folders.
visit() {
  remark=
  if [ -L "$root$1" ]; then
    resolve "$1" || {
      report skipped 0 "$reason" "$1"
      return 0
    }
    [ -e "$root$real" ] || {
      report skipped 0 link-dangling "$1"
      return 0
    }
    trusted_link "$root$1" "$root$real" || {
      report skipped 0 link-of-another-owner "$1"
      return 0
    }
    remark=through-link
  else
    real=$1
  fi
  case $real in
    */.snapkeep-*.new) return 0 ;;
  esac
  # No path has two slashes in a row, so they can separate paths.
  case $claimed in
    *"//$real//"*) return 0 ;;
  esac
  claimed=$claimed//$real//
  case "$root$real" in
    "${state%/*}"/*) report skipped 0 state-of-snapkeep "$real" ;;
    *)
      if [ -d "$root$real" ]; then
        report skipped 0 directory "$real"
      elif [ ! -f "$root$real" ]; then
        report skipped 0 special-file "$real"
      else
        rewrite_file "$real"
      fi
      ;;
  esac
}

# As the kernel does for links in shared folders: a link counts when root or the owner of its target made it, else a
# user could lead this script to files that are not his.
trusted_link() {
  link_owner=$(owner_of "$1")
  target_owner=$(owner_of "$2")
  if [ -z "$link_owner" ] || [ -z "$target_owner" ]; then stop 74 'the owner of a link cannot be read.'; fi
  [ "$link_owner" = 0 ] || [ "$link_owner" = "$target_owner" ]
}

owner_of() {
  # shellcheck disable=SC2012 # Only the third field is read, never a name.
  ls -ldn "$1" | {
    read -r _ _ owner _
    printf '%s' "$owner"
  }
}

# $1: a regular file. What a crash left half done is begun again from the original.
rewrite_file() {
  from=$root$1
  [ ! -f "$state/original$1" ] || from=$state/original$1
  tr -d '\000' <"$from" >"$work/text" || {
    refuse_file unreadable "$1"
    return 0
  }
  if ! cmp -s "$work/text" "$from"; then
    # awk would cut such a file at its first zero byte.
    tr '\000' '\n' <"$from" | rewritten 1 >/dev/null
    read_count
    if [ "$count" = 0 ]; then report unchanged 0 binary "$1"; else refuse_file binary "$1"; fi
    return 0
  fi
  newline=1
  [ -z "$(tail -c 1 "$from")" ] || newline=0
  { rewritten "$newline" <"$from" >"$work/new" && read_count; } || stop 73 'a rewritten file cannot be written down.'
  if [ "$count" = 0 ]; then
    report unchanged 0 "$remark" "$1"
    return 0
  fi
  if [ "$from" = "$root$1" ]; then
    [ "$(link_count "$from")" = 1 ] || remark=other-hard-links-keep-the-old-content
    keep_remark "$1" || stop 73 'a remark cannot be kept.'
    keep_original "$1" || stop 73 'an original cannot be kept.'
  else
    remark=$(cat "$state/remark$1" 2>/dev/null)
    if cmp -s "$work/new" "$root$1"; then
      report changed "$count" "$remark" "$1"
      return 0
    fi
    cmp -s "$from" "$root$1" || {
      refuse_file changed-by-somebody-else "$1"
      return 0
    }
  fi
  if replace "$root$1" "$work/new" "$root$1"; then
    report changed "$count" "$remark" "$1"
  else
    refuse_file "$reason" "$1"
  fi
}

link_count() {
  # shellcheck disable=SC2012 # Only the second field is read, never a name.
  ls -ldn "$1" | {
    read -r _ names _
    printf '%s' "$names"
  }
}

# What was remarkable is told again after a crash, when the file no longer shows it.
keep_remark() {
  [ -n "$remark" ] || return 0
  printf '%s' "$remark" >"$work/remark" && mkdir -p "$state/remark${1%/*}" && mv -f "$work/remark" "$state/remark$1"
}

refuse_file() {
  report refused 0 "$1" "$2"
  case $1 in
    # Nothing that another attempt would change.
    binary | changed-by-somebody-else) ;;
    *) incomplete=1 ;;
  esac
}

# stdin to stdout; $1 says whether the last line ends with a newline.
rewritten() {
  LAST_NEWLINE=$1 COUNT_FILE=$work/count awk "$REWRITE_AWK"
}

read_count() {
  count=0
  read -r count <"$work/count"
}

rewrite_main() {
  read_values
  open_state new
  same_values
  if [ ! -f "$state/done" ]; then
    stop_held_units
    claimed=
    incomplete=0
    rules
    rewrite_system
    finish rewrite
    : >"$state/done" || stop 73 'the state folder cannot be written.'
  fi
  cat "$state/rewrite-summary"
}
