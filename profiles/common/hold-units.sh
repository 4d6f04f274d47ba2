# Holding the application's units. A link to /dev/null masks a unit; a unit file of the same name in
# /etc/systemd/system would win over a mask elsewhere (systemd.unit, "Unit File Load Path"), so it is moved aside.

units_folders() {
  resolve /etc/systemd/system || stop 73 "/etc/systemd/system cannot be reached ($reason)."
  system=$root$real
  resolve /var/lib/snapkeep || stop 73 "/var/lib/snapkeep cannot be reached ($reason)."
  snapkeep=$root$real
  aside=$snapkeep/units
}

masked() {
  [ -L "$system/$1" ] && [ "$(readlink "$system/$1")" = /dev/null ]
}

hold_unit() {
  masked "$1" && return 0
  : >"$aside/$1.held" || return 1
  if [ -e "$system/$1" ] || [ -L "$system/$1" ]; then
    mv -f "$system/$1" "$aside/$1" || return 1
  fi
  ln -s /dev/null "$system/$1"
}

# Masks all of them; `failed` names those that it could not.
hold_all() {
  { (umask 022 && mkdir -p "$system") && mkdir -p "$aside" && chmod 0700 "$snapkeep"; } ||
    stop 73 'the folders for held units cannot be made.'
  failed=
  for unit in $units; do
    hold_unit "$unit" || failed="$failed $unit"
  done
}
