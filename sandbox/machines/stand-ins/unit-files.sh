# shellcheck shell=sh
# Finding and reading units: systemd.unit(5), "Unit File Load Path", highest priority first. Needs lib.sh.

unit_folders='/etc/systemd/system.control /run/systemd/system.control /etc/systemd/system /run/systemd/system
/usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system'

full_name() {
  case $1 in
    *.service | *.target | *.socket | *.timer | *.mount | *.path | *.slice | *.scope) echo "$1" ;;
    *) echo "$1.service" ;;
  esac
}

# Where a unit's file is by what lies on the disk now. Sets $load (loaded, masked, not-found) and $file.
find_unit() {
  load=not-found
  file=
  names=$1
  # getty@tty1.service is made of the template getty@.service.
  case $1 in *@*.service) names="$1 ${1%%@*}@.service" ;; esac
  for name in $names; do
    for folder in $unit_folders; do
      beside "$folder/$name" || continue
      if [ -L "$resolved" ] && [ "$(readlink "$resolved")" = /dev/null ]; then
        load=masked
        return
      fi
      inside "$folder/$name" || continue
      [ -f "$resolved" ] || continue
      file=$resolved
      load=loaded
      # "If a unit file is empty (that is, has the file size 0) [...] its configuration will not be loaded".
      [ -s "$file" ] || load=masked
      return
    done
  done
}

# The text of a unit with its drop-ins, or the one word `masked` or `not-found`.
read_unit() {
  find_unit "$1"
  if [ "$load" != loaded ]; then
    echo "$load"
    return
  fi
  cat "$file"
  for folder in $unit_folders; do
    inside "$folder/$1.d" || continue
    for dropin in "$resolved"/*.conf; do
      inside "${dropin#"$root"}" || continue
      [ -f "$resolved" ] || continue
      echo
      cat "$resolved"
    done
  done
}

# What the manager has loaded, as long as nobody told it to reload: links and drop-ins made meanwhile do not count.
loaded_unit() {
  if [ -f "$state/loaded/$1" ]; then cat "$state/loaded/$1"; else read_unit "$1"; fi
}

# Reads the unit on standard input once: prints `<section>.<key>=<value>`, without what an empty value took back.
parse_unit() {
  awk '
    { sub(/\r$/, "") }
    held != "" { $0 = held $0; held = "" }
    /^[ \t]*[#;]/ { next }
    /\\$/ { held = substr($0, 1, length($0) - 1) " "; next }
    /^\[/ { section = substr($0, 2, index($0, "]") - 2); next }
    index($0, "=") {
      key = substr($0, 1, index($0, "=") - 1); gsub(/^[ \t]+|[ \t]+$/, "", key)
      value = substr($0, index($0, "=") + 1); gsub(/^[ \t]+|[ \t]+$/, "", value)
      key = section "." key
      if (value == "") { reset[key] = count; next }
      keys[++count] = key; values[count] = value
    }
    END { for (i = 1; i <= count; i++) if (i > reset[keys[i]]) print keys[i] "=" values[i] }'
}

# Values of a key of the unit that was read into $parsed, one per line.
unit_values() {
  while IFS= read -r line; do
    case $line in "$1="*) echo "${line#*=}" ;; esac
  done <<END
$parsed
END
}

# Names of what stands in `<unit>.wants` and `<unit>.requires`.
wanted_by() {
  for folder in $unit_folders; do
    for kind in wants requires; do
      inside "$folder/$1.$kind" || continue
      for entry in "$resolved"/*; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then echo "${entry##*/}"; fi
      done
    done
  done | awk '!seen[$0]++'
}

# All services that the enabled targets of this machine want: what a boot starts.
enabled_services() {
  for folder in $unit_folders; do
    inside "$folder" || continue
    for wants in "$resolved"/*.target.wants "$resolved"/*.target.requires; do
      inside "${wants#"$root"}" || continue
      for entry in "$resolved"/*.service; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then echo "${entry##*/}"; fi
      done
    done
  done | awk '!seen[$0]++'
}
