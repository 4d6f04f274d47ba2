# Tells the running system the name that the file $real holds.
tell_machine_name() {
  name=$(cat "$root$real" 2>/dev/null) || return 0
  case $name in
    '' | .* | -* | *[!0-9A-Za-z.-]*) return 0 ;;
  esac
  if machine_has hostnamectl; then
    machine hostnamectl set-hostname "$name" >/dev/null 2>&1 || report skipped 0 hostnamectl-failed /etc/hostname
  elif machine_has hostname; then
    machine hostname "$name" >/dev/null 2>&1 || report skipped 0 hostname-failed /etc/hostname
  fi
}
