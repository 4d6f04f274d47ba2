# Releasing and starting the application's units.
release_unit() {
  [ -f "$aside/$1.held" ] || return 0
  if masked "$1"; then rm -f "$system/$1" || return 1; fi
  if [ -e "$aside/$1" ] || [ -L "$aside/$1" ]; then
    mv -f "$aside/$1" "$system/$1" || return 1
  fi
  rm -f "$aside/$1.held"
}

unit_exists() {
  for folder in etc/systemd/system run/systemd/system usr/local/lib/systemd/system usr/lib/systemd/system \
    lib/systemd/system; do
    resolve "/$folder/$1" && [ -e "$root$real" ] && return 0
  done
  resolve "/etc/init.d/${1%.service}" && [ -e "$root$real" ]
}

# $1 start, stop or restart; $2 the unit. Machines without systemd know the same services by `service`.
unit_command() {
  if machine_has systemctl; then
    machine systemctl "$1" "$2"
  else
    machine service "${2%.service}" "$1"
  fi
}

# Stops at the first unit that does not obey; units that this machine does not have are named and left out.
each_unit() {
  for unit in $units; do
    if masked "$unit"; then
      printf 'unit %s masked\n' "$unit"
    elif ! unit_exists "$unit"; then
      printf 'unit %s absent\n' "$unit"
    elif unit_command "$1" "$unit"; then
      printf 'unit %s %s\n' "$unit" "$1"
    else
      code=$?
      stop "$code" "the unit $unit did not $1."
    fi
  done
}

# The boothook. cloud-init runs it at every boot, early, with INSTANCE_ID in the environment. Once the units of this
# very instance have been released it leaves them alone; the mark of another instance came with its image.
hold_units() {
  units_folders
  if [ -n "${INSTANCE_ID:-}" ] && [ "$(cat "$snapkeep/released" 2>/dev/null)" = "$INSTANCE_ID" ]; then
    return 0
  fi
  hold_all
  if machine_has systemctl; then
    machine systemctl daemon-reload || failed="$failed daemon-reload"
    # A start that is waiting in the queue of this boot is taken back.
    for unit in $units; do
      machine systemctl --no-block stop "$unit" || :
    done
  fi
  [ -z "$failed" ] || stop 73 "not held:$failed."
}

start_units() {
  units_folders
  { mkdir -p "$snapkeep" && chmod 0700 "$snapkeep"; } || stop 73 '/var/lib/snapkeep cannot be made.'
  for unit in $units; do
    release_unit "$unit" || stop 73 "the unit $unit could not be released."
  done
  resolve /var/lib/cloud/data/instance-id || stop 73 "the instance id cannot be reached ($reason)."
  if [ -f "$root$real" ]; then
    cat "$root$real" >"$snapkeep/released" || stop 73 'the mark of the release cannot be written.'
  fi
  if machine_has systemctl; then machine systemctl daemon-reload || stop 76 'systemd did not reload its units.'; fi
  each_unit start
}
