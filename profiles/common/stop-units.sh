# Before anything is rewritten: what the boothook did not hold back (it lost the race, or cloud-init is off) runs with the
# old configuration, and must not be let out of the quarantine with it. 5 is systemd's answer for a unit that it does not
# know; services without systemd have no such code.
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
}
