# Before anything is rewritten: what the boothook did not hold back (it lost the race, or cloud-init is off) runs with the
# old configuration, and must not be let out of the quarantine with it. 5 is systemd's answer for a unit that it does not
# know; services without systemd have no such code. They are stopped by their own means first and masked afterwards, or
# the next boot would start them again.
stop_held_units() {
  for unit in $units; do
    if machine_has systemctl; then
      machine systemctl stop "$unit" >/dev/null 2>&1
      code=$?
      case $code in
        0 | 5) ;;
        *) stop 76 "the unit $unit runs with the old configuration and does not stop (exit code $code)." ;;
      esac
    elif machine_has service; then
      machine service "${unit%.service}" stop >/dev/null 2>&1 || :
    fi
  done
  machine_has systemctl || return 0
  units_folders
  late=
  for unit in $units; do masked "$unit" || late=1; done
  [ -n "$late" ] || return 0
  hold_all
  [ -z "$failed" ] || stop 73 "not held:$failed."
  machine systemctl daemon-reload || stop 76 'systemd did not reload its units.'
}
