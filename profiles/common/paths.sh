# Paths inside of the root. Links are read as the machine itself would read them: an absolute target begins at the
# root, whatever the root is; nothing here lets the system follow a link by itself.

# Sets `real` to the place inside of the root that the path $1 leads to, free of links; the last part need not exist.
# Returns 1 and sets `reason` when there is no such place.
resolve() {
  left=$1
  real=
  hops=0
  while [ -n "$left" ]; do
    part=${left%%/*}
    case $left in
      */*) left=${left#*/} ;;
      *) left= ;;
    esac
    case $part in
      '' | .) continue ;;
      ..)
        [ -n "$real" ] || {
          reason='link-out-of-root'
          return 1
        }
        real=${real%/*}
        continue
        ;;
    esac
    if [ -L "$root$real/$part" ]; then
      hops=$((hops + 1))
      [ "$hops" -le 40 ] || {
        reason='link-loop'
        return 1
      }
      # The x keeps newlines at the end of a target from being lost.
      target=$(readlink "$root$real/$part" && printf x) || {
        reason='link-unreadable'
        return 1
      }
      target=${target%?x}
      case $target in
        /*) real= ;;
      esac
      left=$target${left:+/$left}
    else
      real=$real/$part
    fi
  done
  return 0
}

# Calls `visit <path>` for everything below the link-free directory $1 that matches the pattern $2 (`*`, `?` and
# `[...]` within one name, no leading slash). Positional parameters are the only variables that recursion keeps.
walk() {
  case $2 in
    */*) set -- "$1" "${2%%/*}" "${2#*/}" ;;
    *) set -- "$1" "$2" '' ;;
  esac
  [ -d "$root$1/" ] || return 0
  set +f
  # shellcheck disable=SC2231 # The pattern is meant to be one; its characters were checked when it was written down.
  for entry in "$root$1"/$2; do
    set -f
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    if [ -z "$3" ]; then
      visit "${entry#"$root"}"
    elif resolve "${entry#"$root"}" && [ -d "$root$real" ]; then
      walk "$real" "$3"
    fi
  done
  set -f
}

# A path as one line of printable text: other bytes and the backslash as \ooo.
printable() {
  case $1 in
    *[!!-~\ ]* | *\\*)
      printf '%s' "$1" | od -An -v -b | awk '
        BEGIN { for (code = 32; code < 127; code++) sign[sprintf("%03o", code)] = sprintf("%c", code) }
        {
          for (i = 1; i <= NF; i++) {
            if ($i in sign && $i != "134") printf "%s", sign[$i]
            else printf "\\%s", $i
          }
        }'
      ;;
    *) printf '%s' "$1" ;;
  esac
}
